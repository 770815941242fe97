import { chromium, type Browser } from 'playwright-core'

export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
    // A person's browser has this cache, and it could bring back a page after "Log out".
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  })
}
