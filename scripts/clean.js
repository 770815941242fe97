// Removes a build folder, so that a file deleted from the sources cannot live on in the package.
import { rmSync } from 'node:fs'

for (const folder of process.argv.slice(2)) rmSync(folder, { recursive: true, force: true })
