import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket, WebSocketServer } from 'ws'

/** `ws` does not give out the socket that it writes to; those who hand it over or see it pass by keep it here. */
const transports = new WeakMap<WebSocket, Duplex>()

export const transportOf = (webSocket: WebSocket): Duplex | undefined => transports.get(webSocket)

export function keepTransport(webSocket: WebSocket, transport: Duplex): void {
  transports.set(webSocket, transport)
}

export interface UpgradeAnswer {
  headers: Record<string, string>
  /** runs in the tick in which the socket opened, before any message can arrive */
  onOpen(webSocket: WebSocket): void
}

/** The server's side of an upgrade. */
export function acceptWebSocket(
  server: WebSocketServer,
  upgrade: { request: IncomingMessage; socket: Duplex; head: Buffer },
  answer: UpgradeAnswer,
): void {
  const { request, socket, head } = upgrade
  const addHeaders = (lines: string[]) => {
    for (const [name, value] of Object.entries(answer.headers)) lines.push(`${name}: ${value}`)
  }
  // emitted while `handleUpgrade` runs, for this request only
  server.on('headers', addHeaders)
  try {
    server.handleUpgrade(request, socket, head, (webSocket) => {
      keepTransport(webSocket, socket)
      answer.onOpen(webSocket)
    })
  } finally {
    server.off('headers', addHeaders)
  }
}
