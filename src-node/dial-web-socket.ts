import type { IncomingHttpHeaders } from 'node:http'
import { WebSocket } from 'ws'
import { AppError } from '../src-protocol/app-error.ts'
import { serializedError } from '../src-protocol/tunnel.ts'
import { webSocketOptions } from './frame-socket.ts'
import { keepTransport } from './web-socket-transport.ts'

export type Dialled<T> =
  | { ok: true; value: T }
  /** the other side answered the upgrade with an HTTP error; `error` if its body carried one of ours */
  | { ok: false; reason: 'refused'; status: number; error?: AppError }
  | { ok: false; reason: 'unreachable'; cause: unknown }

export interface DialOptions {
  /** http(s) or ws(s) */
  url: string
  headers: Record<string, string>
  signal?: AbortSignal
  handshakeTimeoutMs?: number
}

const errorBodyLimit = 64 * 1024

/**
 * Opens a WebSocket. `onOpen` runs in the tick in which it opened, before any message can arrive; `headers` are those of the answer to the
 * upgrade. Never rejects.
 */
export function dialWebSocket<T>(
  options: DialOptions,
  onOpen: (socket: WebSocket, headers: IncomingHttpHeaders) => T,
): Promise<Dialled<T>> {
  return new Promise((resolve) => {
    const socket = new WebSocket(options.url.replace(/^http/, 'ws'), {
      ...webSocketOptions,
      headers: options.headers,
      handshakeTimeout: options.handshakeTimeoutMs ?? 15_000,
    })
    const abort = () => socket.terminate()
    const settle = (result: Dialled<T>) => {
      options.signal?.removeEventListener('abort', abort)
      resolve(result)
    }
    if (options.signal?.aborted) abort()
    options.signal?.addEventListener('abort', abort, { once: true })

    const failed = (cause: unknown) => settle({ ok: false, reason: 'unreachable', cause })
    // stays attached: terminating a socket that is not open yet emits an error too
    socket.on('error', failed)
    socket.once('unexpected-response', (_request, response) => {
      const chunks: Buffer[] = []
      let size = 0
      const finish = () => {
        const error = readError(Buffer.concat(chunks))
        settle({ ok: false, reason: 'refused', status: response.statusCode ?? 0, ...(error && { error }) })
        socket.terminate()
      }
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size <= errorBodyLimit) chunks.push(chunk)
      })
      response.once('end', finish)
      response.once('error', finish)
    })
    let headers: IncomingHttpHeaders = {}
    socket.once('upgrade', (response) => {
      keepTransport(socket, response.socket)
      headers = response.headers
    })
    socket.once('open', () => settle({ ok: true, value: onOpen(socket, headers) }))
  })
}

function readError(body: Buffer): AppError | undefined {
  try {
    const parsed = JSON.parse(body.toString('utf8')) as { error?: unknown }
    const error = serializedError.safeParse(parsed.error)
    return error.success ? AppError.from(error.data) : undefined
  } catch {
    return undefined
  }
}
