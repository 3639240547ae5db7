import type { IncomingMessage } from 'node:http'
import { AppError } from '../../../src-protocol/app-error.ts'

/**
 * Reads a request to its end, then calls back once: with the body, or with AppError BODY_TOO_LARGE or the stream's own error if the client
 * goes away. Events and a callback: an async iterator costs several times as much for a body of one chunk, a promise still a tick.
 */
export function readBody(request: IncomingMessage, limit: number, done: (read: { body: Buffer } | { error: unknown }) => void): void {
  let settled = false
  const settle = (read: { body: Buffer } | { error: unknown }) => {
    if (settled) return
    settled = true
    done(read)
  }
  const tooLarge = (bytes: number) => settle({ error: new AppError('BODY_TOO_LARGE', { bytes, limit }) })
  const declared = Number(request.headers['content-length'] ?? 0)
  if (declared > limit) return tooLarge(declared)
  const chunks: Buffer[] = []
  let length = 0
  request.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length > limit) {
      request.pause()
      return tooLarge(length)
    }
    chunks.push(chunk)
    return undefined
  })
  request.on('end', () => {
    const [only] = chunks
    settle({ body: chunks.length === 1 && only ? only : Buffer.concat(chunks, length) })
  })
  request.on('error', (error) => settle({ error }))
  // every request closes in the end, and an error that nobody needs costs more than the rest of this function
  request.on('close', () => {
    if (!settled) settle({ error: new Error('the client went away') })
  })
}
