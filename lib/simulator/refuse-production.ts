/** The simulator lets anyone in as anyone: started in production by mistake it would be an open door. */
export function refuseProduction(): void {
  // The one environment variable that the simulator reads: no option can be forgotten instead of this.
  if (process.env.NODE_ENV !== 'production') return
  throw new Error(
    "The CIS2 simulator does not start while NODE_ENV is 'production': it logs anyone in as anyone. " +
      'Set the issuer of a real CIS2 environment, or NODE_ENV to something else.',
  )
}
