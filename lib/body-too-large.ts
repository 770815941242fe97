/** Whether a body parser gave up because the body is larger than it may be. */
export function isBodyTooLarge(error: unknown): boolean {
  return error instanceof Error && 'status' in error && error.status === 413
}
