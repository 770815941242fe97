import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The balancer before the processes of one application: sends everything to the one it is told. */
export interface Door {
  readonly url: string
  /** Sends every request from now on there. */
  leadTo(process: { readonly url: string }): void
  close(): Promise<void>
}

export async function openDoor(): Promise<Door> {
  let target: string | undefined
  const server = createServer((req, res) => {
    if (target === undefined) res.writeHead(503).end()
    else pass(target, req, res)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    leadTo: ({ url }) => void (target = url),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function pass(target: string, req: IncomingMessage, res: ServerResponse): void {
  const { hostname, port } = new URL(target)
  const { method, url: path, headers } = req
  const outgoing = request({ hostname, port, method, path, headers, agent: false }, (incoming) => {
    res.writeHead(incoming.statusCode ?? 502, incoming.headers)
    incoming.pipe(res)
    incoming.once('error', () => res.destroy())
  })
  // A process that dies leaves its requests to the balancer.
  outgoing.once('error', () => (res.headersSent ? res.destroy() : res.writeHead(502).end()))
  req.pipe(outgoing)
}
