import { platformErrorTexts, type PlatformErrorText } from './error-texts.js'

/** What an error of the API platform means. */
export type PlatformExplanation = Omit<PlatformErrorText, 'text'>

/**
 * Explains the `error_description` of an answer of the API platform's, its token endpoint or one of its APIs: the cause
 * and what to do about it. Nothing when the text is not known.
 *
 * @since 0.1.0
 */
export function explainPlatformError(description: string): PlatformExplanation | undefined {
  const said = plain(description)
  const found = platformErrorTexts.find(({ text }) => said.includes(plain(text)))
  if (found === undefined) return undefined
  const { text: _text, ...explanation } = found
  return explanation
}

// Quotes, dashes and case are not always the same.
function plain(text: string): string {
  return text
    .slice(0, 1000)
    .toLowerCase()
    .replace(/[‘’`"]/g, "'")
    .replace(/[–—]/g, '-')
    .replace(/\s+/g, ' ')
}
