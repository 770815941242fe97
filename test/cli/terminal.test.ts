import { withoutCommands } from '../../lib/cli/terminal.js'

it.each([
  ['moves the cursor', 'a\u001b[2Jb', 'a\uFFFD[2Jb'],
  ['sets the title', 'a\u001b]0;title\u0007b', 'a\uFFFD]0;title\uFFFDb'],
  ['does the same in one byte', 'a\u009b2Jb', 'a\uFFFD2Jb'],
  ['writes over the line', 'a\rb', 'a\uFFFDb'],
  ['turns the writing round', 'a\u202eb', 'a\uFFFDb'],
])('what %s is not printed', (_what, text, expected) => {
  expect(withoutCommands(text)).toBe(expected)
})

it('lines, tabs and colours are printed as they are', () => {
  const text = 'a\n\tb \u001b[31mred\u001b[0m ü → 😀'
  expect(withoutCommands(text)).toBe(text)
})
