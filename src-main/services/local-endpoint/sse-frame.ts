import type { MessageHead } from '../../../src-protocol/tunnel.ts'

const data = Buffer.from('data: ')
const end = Buffer.from('\n\n')
const lineFeed = 0x0a
const carriageReturn = 0x0d

/** What a client may see while nothing happens; every SSE reader skips comments. */
export const keepAliveComment = ': keep-alive\n\n'

/**
 * One server-sent event (WHATWG HTML, 9.2.6). A message without line breaks, which is what servers write, is one `data` line with
 * its original bytes; with line breaks it is several, which the reader joins again.
 */
export function sseFrame(head: MessageHead, body: Uint8Array): Buffer {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const fields = fieldsOf(head)
  if (!bytes.includes(lineFeed) && !bytes.includes(carriageReturn)) return Buffer.concat([fields, data, bytes, end])
  const lines = bytes.toString('utf8').split(/\r\n|\r|\n/)
  return Buffer.concat([fields, Buffer.from(`${lines.map((line) => `data: ${line}`).join('\n')}\n\n`)])
}

const none = Buffer.alloc(0)

function fieldsOf({ event, id, retry }: MessageHead): Buffer {
  if (event === undefined && id === undefined && retry === undefined) return none
  let fields = ''
  if (event !== undefined && isOneLine(event)) fields += `event: ${event}\n`
  if (id !== undefined && isOneLine(id)) fields += `id: ${id}\n`
  if (retry !== undefined && Number.isSafeInteger(retry) && retry >= 0) fields += `retry: ${retry}\n`
  return Buffer.from(fields)
}

/** a line break would begin a field of its own; a NUL makes readers ignore the id */
const isOneLine = (text: string): boolean => !/[\r\n\0]/.test(text)
