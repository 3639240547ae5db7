import { createServer, request as sendRequest, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream'

export interface Forwarder {
  url: string
  /** from now on requests go there */
  retarget(target: string): void
  stop(): Promise<void>
}

/**
 * Puts headers on every request, for the suites send none of their own. Everything else stays as it is: method, header lines in their
 * order and spelling, bodies byte by byte as they come. Only where `Host` or `Origin` names the forwarder itself it names the target then,
 * so that a foreign one (DNS rebinding) still reaches the target as foreign.
 */
export async function openForwarder(target: string, headers: Record<string, string> = {}): Promise<Forwarder> {
  let { hostname, port, pathname } = new URL(target)
  const server = createServer({ keepAliveTimeout: 0 }, (incoming, response) => {
    const upstream = sendRequest(
      { hostname, port, path: pathname, method: incoming.method, headers: forwardedHeaders(incoming), setHost: false },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders)
        response.flushHeaders()
        pipeline(answer, response, () => {})
      },
    )
    upstream.once('error', () => response.destroy())
    response.once('close', () => upstream.destroy())
    pipeline(incoming, upstream, () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const own = `127.0.0.1:${(server.address() as AddressInfo).port}`

  function forwardedHeaders({ rawHeaders }: IncomingMessage): string[] {
    const lines: string[] = []
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const [name = '', value = ''] = rawHeaders.slice(index)
      const names = /^(host|origin)$/i.test(name)
      lines.push(name, names ? value.replace(own, `${hostname}:${port}`) : value)
    }
    return [...lines, ...Object.entries(headers).flat()]
  }

  return {
    url: `http://${own}${pathname}`,
    retarget(next) {
      ;({ hostname, port, pathname } = new URL(next))
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
