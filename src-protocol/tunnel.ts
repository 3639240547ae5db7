/**
 * Frames of the tunnel, the same on both WebSockets (desktop ⇄ gateway, gateway ⇄ agent).
 *
 * Every message is one binary frame. Most belong to an exchange, which carries one HTTP exchange of MCP's Streamable HTTP with its
 * original bytes:
 *
 *     type u8 | sequence u32 BE | acknowledged u32 BE | exchange u32 BE | head length u32 BE | head (JSON, UTF-8) | body (original bytes)
 *
 * towards the server:  open{session, method, headers} + body      abort
 * towards the client:  head{status, headers}  message{id?, event?, retry?} + body …  keepAlive  end | abort{error}
 *                      answer{status, headers} + body: the same as head, message{} + body, end
 * both ways:           part + body: the body of the next frame of this exchange begins with these bytes
 *                      credit{bytes}: so much more may be sent in this exchange (see `frame-flow.ts`)
 *
 * `message` is one SSE event, or the one JSON body, as the head's content type says. An exchange number is chosen by
 * the side that opens it, counts up from 1 and is never used again on that link.
 *
 * A link outlives its WebSocket (`link-header.ts`). Each side numbers its frames from 1, modulo 2^32, and says in each which was the last
 * that it has handled, so that after a drop both go on exactly there. `control` carries a control message (JSON, below) as its body;
 * `acknowledge` says only what was handled, is not numbered itself, and is sent when nothing else could say it in time.
 *
 * To a side that asked for no link nothing is numbered (both numbers are 0), and controls are text messages.
 */
import { z } from 'zod'
import { approvalProof } from './approval-proof.ts'
import { sessionId } from './ids.ts'
import { declaredServer } from './model.ts'

export const frameType = {
  open: 1,
  head: 2,
  message: 3,
  keepAlive: 4,
  end: 5,
  abort: 6,
  answer: 7,
  control: 8,
  acknowledge: 9,
  part: 10,
  credit: 11,
} as const
export type FrameType = (typeof frameType)[keyof typeof frameType]

/** Lower-case names. Only what MCP defines passes: see `forwardedRequestHeaders`. */
export type HeaderMap = Record<string, string>

export const openHead = z.object({
  session: sessionId,
  method: z.enum(['GET', 'POST', 'DELETE']),
  headers: z.record(z.string(), z.string()),
  /** gateway → agent, with a call that was held and approved */
  approval: approvalProof.optional(),
})
/** Of an exchange that a desktop opens to watch somebody's session: its messages are `watchEvent`s. It ends at the gateway. */
export const watchHead = z.object({ watch: sessionId })
export const responseHead = z.object({ status: z.number().int().min(200).max(599), headers: z.record(z.string(), z.string()) })
export const messageHead = z.object({ id: z.string().optional(), event: z.string().optional(), retry: z.number().optional() })
export const serializedError = z.object({
  code: z.string(),
  message: z.string(),
  remedy: z.string(),
  data: z.record(z.string(), z.union([z.string(), z.number()])),
})
export const abortHead = z.object({ error: serializedError.optional() })
export const creditHead = z.object({ bytes: z.number().int().nonnegative() })

export type OpenHead = z.infer<typeof openHead>
export type WatchHead = z.infer<typeof watchHead>
export type ResponseHead = z.infer<typeof responseHead>
export type MessageHead = z.infer<typeof messageHead>
export type AbortHead = z.infer<typeof abortHead>

export interface Frame {
  type: FrameType
  exchange: number
  head: unknown
  /** a view on the received buffer: copy it if it must outlive the frame's handling */
  body: Uint8Array
}
/** A frame as it travels: with its place in the link. */
export interface NumberedFrame extends Frame {
  sequence: number
  acknowledged: number
}

/** Request headers that travel through the tunnel; `mcp-param-*` too. Everything else (cookies, authorization) stays behind. */
export const forwardedRequestHeaders = [
  'accept',
  'content-type',
  'mcp-session-id',
  'mcp-protocol-version',
  'last-event-id',
  'mcp-method',
  'mcp-name',
] as const
export const forwardedResponseHeaders = ['content-type', 'mcp-session-id', 'mcp-protocol-version', 'allow'] as const

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })
const emptyHead = encoder.encode('{}')
const prefixBytes = 17

/** Small frames are cut from larger pieces of memory: a buffer of its own costs more than a frame's bytes. */
const sharedBytes = 64 * 1024
const largestShared = 4 * 1024
let shared = new Uint8Array(0)
let sharedTaken = 0

function memoryFor(bytes: number): Uint8Array {
  if (bytes > largestShared) return new Uint8Array(bytes)
  if (sharedTaken + bytes > shared.length) {
    shared = new Uint8Array(sharedBytes)
    sharedTaken = 0
  }
  const taken = shared.subarray(sharedTaken, sharedTaken + bytes)
  sharedTaken += bytes
  return taken
}

/** One frame as one buffer. `head` must be plain JSON; the common empty head costs nothing. */
export function encodeFrame(type: FrameType, exchange: number, head?: object, body?: Uint8Array): Uint8Array {
  const headBytes = head === undefined ? emptyHead : encoder.encode(JSON.stringify(head))
  const frame = memoryFor(prefixBytes + headBytes.length + (body?.length ?? 0))
  const view = new DataView(frame.buffer, frame.byteOffset, prefixBytes)
  view.setUint8(0, type)
  view.setUint32(9, exchange)
  view.setUint32(13, headBytes.length)
  frame.set(headBytes, prefixBytes)
  if (body) frame.set(body, prefixBytes + headBytes.length)
  return frame
}

/** Writes the numbers of the link into an encoded frame. Of each only the low 32 bits travel. */
export function numberFrame(frame: Uint8Array, sequence: number, acknowledged: number): void {
  const view = new DataView(frame.buffer, frame.byteOffset, prefixBytes)
  view.setUint32(1, sequence)
  view.setUint32(5, acknowledged)
}

export type DecodedFrame = { ok: true; frame: NumberedFrame } | { ok: false; reason: 'too-short' | 'unknown-type' | 'bad-head' }

/** Never throws: what came over the wire is untrusted. The head is parsed JSON and still to be checked by its schema. */
export function decodeFrame(bytes: Uint8Array): DecodedFrame {
  if (bytes.length < prefixBytes) return { ok: false, reason: 'too-short' }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const type = view.getUint8(0)
  if (type < frameType.open || type > frameType.credit) return { ok: false, reason: 'unknown-type' }
  const headEnd = prefixBytes + view.getUint32(13)
  if (headEnd > bytes.length) return { ok: false, reason: 'too-short' }
  try {
    const head: unknown = headEnd === prefixBytes + 2 ? {} : JSON.parse(decoder.decode(bytes.subarray(prefixBytes, headEnd)))
    const frame = {
      type: type as FrameType,
      sequence: view.getUint32(1),
      acknowledged: view.getUint32(5),
      exchange: view.getUint32(9),
      head,
      body: bytes.subarray(headEnd),
    }
    return { ok: true, frame }
  } catch {
    return { ok: false, reason: 'bad-head' }
  }
}

/** Desktop → gateway. `renew` carries the same token and DPoP proof (GET on the tunnel's URL) that the upgrade would. */
export const desktopControl = z.discriminatedUnion('type', [
  z.object({ type: z.literal('renew'), accessToken: z.string(), proof: z.string() }),
])
export type DesktopControl = z.infer<typeof desktopControl>

/** Agent → gateway. */
export const agentControl = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('hello'),
    version: z.string(),
    servers: z.array(declaredServer),
    /** whose servers still run: of a connection that was lost, or of a gateway that has restarted since */
    sessions: z.array(sessionId).default([]),
  }),
  z.object({ type: z.literal('session.started'), session: sessionId }),
  z.object({ type: z.literal('session.failed'), session: sessionId, error: serializedError }),
  /** the server stopped by itself */
  z.object({ type: z.literal('session.ended'), session: sessionId, error: serializedError }),
])
export type AgentControl = z.infer<typeof agentControl>

/** Gateway → agent. */
export const agentCommand = z.discriminatedUnion('type', [
  z.object({ type: z.literal('session.start'), session: sessionId, server: z.string() }),
  z.object({ type: z.literal('session.end'), session: sessionId }),
])
export type AgentCommand = z.infer<typeof agentCommand>
