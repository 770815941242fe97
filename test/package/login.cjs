// And with require.
const { Cis2Strategy } = require('express-cis2/passport')
const { logIn } = require('express-cis2/testing')

try {
  // @ts-expect-error The strategy takes what createCis2 made.
  new Cis2Strategy({})
} catch (error) {
  console.log(error instanceof TypeError, typeof logIn)
}
