import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One address in front of several processes: a request goes where its header `x-process` says, else to the first. */
export interface Balancer {
  readonly url: string
  /** The ports behind it. */
  ports: readonly number[]
  close(): Promise<void>
}

export async function startBalancer(): Promise<Balancer> {
  const server = createServer((incoming, outgoing) => {
    const port = balancer.ports[Number(incoming.headers['x-process'] ?? 0)]
    const { method, url: path, headers } = incoming
    const forwarded = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    forwarded.once('error', () => outgoing.destroy())
    incoming.pipe(forwarded)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const balancer: Balancer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ports: [],
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return balancer
}
