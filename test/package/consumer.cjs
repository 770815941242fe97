const { createCis2, ConfigurationError } = require('express-cis2')

try {
  // @ts-expect-error Nothing is optional here.
  createCis2({})
} catch (error) {
  console.log('refused', error instanceof ConfigurationError && error.code)
}
