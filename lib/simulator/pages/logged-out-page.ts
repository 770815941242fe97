import type { Page } from './page-layout.js'

export const loggedOutPage: Page = {
  title: 'You are logged out of the simulator',
  html: '      <p>You can close this page.</p>',
}
