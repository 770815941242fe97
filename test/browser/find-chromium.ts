import { existsSync } from 'node:fs'

/** Where Chromium is on this machine, or undefined. */
export function findChromium(): string | undefined {
  const { CHROMIUM_PATH } = process.env
  if (CHROMIUM_PATH) return existsSync(CHROMIUM_PATH) ? CHROMIUM_PATH : undefined
  return ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => existsSync(path))
}
