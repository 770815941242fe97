const common = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }],
  },
}
// The sources import "./x.js", as Node will find them after the build; Jest runs the ".ts" files.
const sources = { '^(\\.{1,2}/.*)\\.js$': '$1' }

export default {
  // Nothing here waits for time to pass, and a busy machine is no failure.
  testTimeout: 180_000,
  collectCoverageFrom: ['lib/**/*.ts'],
  coverageThreshold: { global: { lines: 95, branches: 90 } },
  projects: [
    {
      ...common,
      displayName: 'express5',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      moduleNameMapper: sources,
    },
    {
      ...common,
      displayName: 'express4',
      testMatch: ['<rootDir>/test/journey/**/*.test.ts'],
      moduleNameMapper: { ...sources, '^express$': 'express4' },
    },
  ],
}
