import type { IncomingMessage } from 'node:http'
import { AppError } from '../../../src-protocol/app-error.ts'

/** @throws AppError BODY_TOO_LARGE; rejects with the stream's own error if the client goes away */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const declared = Number(request.headers['content-length'] ?? 0)
  if (declared > limit) throw new AppError('BODY_TOO_LARGE', { bytes: declared, limit })
  const chunks: Buffer[] = []
  let length = 0
  // events and not an async iterator, which costs several times as much for a body of one chunk
  await new Promise<void>((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > limit) {
        request.pause()
        return reject(new AppError('BODY_TOO_LARGE', { bytes: length, limit }))
      }
      chunks.push(chunk)
      return undefined
    })
    request.once('end', resolve)
    request.once('error', reject)
    // every request closes in the end, and an error that nobody needs costs more than the rest of this function
    request.once('close', () => {
      if (!request.readableEnded) reject(new Error('the client went away'))
    })
  })
  const [only] = chunks
  return chunks.length === 1 && only ? only : Buffer.concat(chunks, length)
}
