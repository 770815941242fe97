import { createApp } from './app.js'
import { readSettings } from './settings.js'

async function start(): Promise<void> {
  const settings = readSettings(process.env)
  const { app, simulatorUrl, close } = await createApp(settings)

  const server = app.listen(settings.port, (error?: NodeJS.ErrnoException) => {
    if (error !== undefined) return stopWith(error.code === 'EADDRINUSE' ? portTaken(settings.port) : error)
    console.log(`The example app is at ${settings.address}`)
    if (simulatorUrl !== undefined) console.log(`It uses a simulator in place of CIS2, at ${simulatorUrl}`)
  })

  const stop = async (): Promise<void> => {
    server.close()
    server.closeAllConnections()
    await close()
  }
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      stop().catch(stopWith)
    })
  }
}

function portTaken(port: number): Error {
  return new Error(
    `Port ${port} is already in use. Choose another one, for example PORT=${port + 1} npm start`,
  )
}

function stopWith(error: unknown): never {
  // The message says what to mend; the stack would hide it.
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}

start().catch(stopWith)
