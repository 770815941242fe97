/** Colours, spacing and focus as NHS services have them; no font is fetched. */
export const styleSheet = `
*, *::before, *::after { box-sizing: border-box; }
body { margin: 0; background: #f0f4f5; color: #212b32; font: 1.125rem/1.5 Frutiger, Arial, sans-serif; }
header { background: #005eb8; color: #fff; padding: 0.75rem 1rem; }
header p { margin: 0 auto; max-width: 44rem; font-weight: 600; }
header span { display: block; font-size: 1rem; font-weight: 400; }
main { margin: 0 auto; max-width: 44rem; padding: 1.5rem 1rem 3rem; }
main:focus { outline: none; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 1.5rem; }
h2 { font-size: 1.375rem; margin: 2.5rem 0 1rem; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 0; }
.choices { list-style: none; margin: 0 0 1.5rem; padding: 0; }
.choices li { background: #fff; border: 1px solid #d8dde0; margin-bottom: 0.5rem; padding: 0.75rem; }
.choices span { color: #4c6272; display: block; font-size: 1rem; margin-top: 0.5rem; overflow-wrap: anywhere; }
button { background: #007f3b; border: 0; border-bottom: 4px solid #00401e; border-radius: 4px; color: #fff; cursor: pointer;
  font: inherit; font-weight: 600; max-width: 100%; min-height: 2.75rem; overflow-wrap: anywhere; padding: 0.5rem 1rem; text-align: left; }
button:hover { background: #00662f; }
button.secondary { background: #4c6272; border-bottom-color: #263139; }
button.secondary:hover { background: #384853; }
a { color: #005eb8; }
a:focus, button:focus { background: #ffeb3b; border-bottom-color: #212b32; color: #212b32; outline: 4px solid transparent; }
a:focus { box-shadow: 0 -2px #ffeb3b, 0 4px #212b32; text-decoration: none; }
dl { margin: 0; }
dt { font-weight: 600; }
dd { margin: 0 0 0.75rem; overflow-wrap: anywhere; }
code { font-family: ui-monospace, Consolas, monospace; font-size: 0.9em; }
`
