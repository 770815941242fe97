// A Jest transform: every refusal in lib/ (a `throw`, a reported problem with the options) asks first whether it is the
// one that is switched off. Without GUARD_OFF nothing changes, and which refusals ran is written down.
const { createHash } = require('node:crypto')
const { relative } = require('node:path')
const { createTransformer } = require('@swc/jest')

const statement = /(^\s*|[;{)]\s+|\belse\s+)(throw\s|(?:reader\.)?report(?:Key|Problem)?\((?!\w+: |\): ))/
const comment = /^\s*(?:\/\/|\*|\/\*)/
const isMarked = /\/lib\/(?!simulator\/|cli\/)[^.]+\.ts$/

/** Every refusal of a file, by its line: `{ name, index, text }`. */
function findGuards(source, file) {
  if (!isMarked.test(file)) return []
  return source
    .split('\n')
    .map((text, index) => ({
      name: `${relative(process.cwd(), file)}:${index + 1}`,
      index,
      text: text.trim(),
    }))
    .filter(({ text }) => !comment.test(text) && statement.test(text))
}

function markGuards(source, file) {
  const lines = source.split('\n')
  for (const { name, index } of findGuards(source, file)) {
    const isOn = `globalThis.isGuardOn(${JSON.stringify(name)})`
    lines[index] = lines[index].replace(statement, (_, before, what) =>
      what.startsWith('throw') ? `${before}if (${isOn}) throw ` : `${before}${isOn} && ${what}`,
    )
  }
  return lines.join('\n')
}

module.exports = {
  findGuards,
  createTransformer(options) {
    const swc = createTransformer(options)
    return {
      canInstrument: true,
      process: (source, file, settings) => swc.process(markGuards(source, file), file, settings),
      getCacheKey: (source, file, settings) =>
        createHash('sha256')
          .update(markGuards(source, file))
          .update(swc.getCacheKey(source, file, settings))
          .digest('hex'),
    }
  },
}
