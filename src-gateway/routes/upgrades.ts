import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { STATUS_CODES } from 'node:http'
import { WebSocketServer } from 'ws'
import { webSocketOptions } from '../../src-node/frame-socket.ts'
import { acceptWebSocket, type UpgradeAnswer } from '../../src-node/web-socket-transport.ts'
import type { Logger } from '../../src-node/logger.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { agentTunnelPath, desktopTunnelPath } from '../../src-protocol/http-api.ts'
import { errorResponse } from './error-response.ts'

/** Authenticates the upgrade. */
export type UpgradeRoute = (request: IncomingMessage) => Promise<UpgradeAnswer>

/** WebSockets: nobody gets one who was not authenticated on its upgrade request. */
export function serveUpgrades(server: Server, routes: { desktop: UpgradeRoute; agent: UpgradeRoute }, logger: Logger): WebSocketServer {
  const sockets = new WebSocketServer({ noServer: true, ...webSocketOptions })
  const byPath = new Map([
    [desktopTunnelPath, routes.desktop],
    [agentTunnelPath, routes.agent],
  ])
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    const route = byPath.get((request.url ?? '').split('?', 1)[0] ?? '')
    const opened = route ? route(request) : Promise.reject(new AppError('NOT_FOUND', { what: 'This WebSocket' }))
    opened.then(
      (answer) => acceptWebSocket(sockets, { request, socket, head }, answer),
      (error: unknown) => refuse(socket, error, logger),
    )
  })
  return sockets
}

function refuse(socket: Duplex, error: unknown, logger: Logger): void {
  const { status, headers, body } = errorResponse(error, logger)
  const text = JSON.stringify(body)
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'connection: close',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(text)}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ]
  socket.end(`${lines.join('\r\n')}\r\n\r\n${text}`)
}
