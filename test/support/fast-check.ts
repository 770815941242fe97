import fc from 'fast-check'

// CI judges a change by the same examples each time. Anywhere else, every run tries new ones.
if (process.env.CI === 'true') fc.configureGlobal({ seed: 20_261_130 })

export { fc }
