import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket, WebSocketServer } from 'ws'

/** `ws` does not give out the socket that it writes to; those who hand it over or see it pass by keep it here. */
const transports = new WeakMap<WebSocket, Duplex>()

export const transportOf = (webSocket: WebSocket): Duplex | undefined => transports.get(webSocket)

export function keepTransport(webSocket: WebSocket, transport: Duplex): void {
  transports.set(webSocket, transport)
}

/** The server's side of an upgrade. `onOpen` runs in the tick in which it opened, before any message can arrive. */
export function acceptWebSocket(
  server: WebSocketServer,
  upgrade: { request: IncomingMessage; socket: Duplex; head: Buffer },
  onOpen: (webSocket: WebSocket) => void,
): void {
  const { request, socket, head } = upgrade
  server.handleUpgrade(request, socket, head, (webSocket) => {
    keepTransport(webSocket, socket)
    onOpen(webSocket)
  })
}
