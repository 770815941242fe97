/** The query of the logged-out page when the person could not be sent to CIS2 to be logged out there too. */
export const notAtProvider = 'cis2=not-reached'

/** Whether the page has to say so. Anybody can write it into an address: it says nothing that would do harm. */
export function isNotAtProvider(query: string): boolean {
  return query.split('&').includes(notAtProvider)
}
