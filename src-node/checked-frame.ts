import type { z } from 'zod'
import {
  abortHead,
  frameType,
  messageHead,
  openHead,
  responseHead,
  type AbortHead,
  type Frame,
  type MessageHead,
  type OpenHead,
  type ResponseHead,
} from '../src-protocol/tunnel.ts'

/** Frames that travel towards the MCP server, with a head that was checked. */
export type RequestFrame =
  | { type: typeof frameType.open; exchange: number; head: OpenHead; body: Uint8Array }
  | { type: typeof frameType.abort; exchange: number; head: AbortHead }

/** Frames that travel towards the AI client, with a head that was checked. */
export type ResponseFrame =
  | { type: typeof frameType.head; exchange: number; head: ResponseHead }
  | { type: typeof frameType.message; exchange: number; head: MessageHead; body: Uint8Array }
  | { type: typeof frameType.keepAlive | typeof frameType.end; exchange: number }
  | { type: typeof frameType.abort; exchange: number; head: AbortHead }

/** `undefined`: the frame has no place in this direction, or its head does not fit its schema. */
export type FrameCheck<F> = (frame: Frame) => F | undefined

export function checkRequestFrame(frame: Frame): RequestFrame | undefined {
  const { type, exchange } = frame
  if (type === frameType.open) {
    const head = headOf(openHead, frame)
    return head && { type, exchange, head, body: frame.body }
  }
  return type === frameType.abort ? checkAbort(frame) : undefined
}

export function checkResponseFrame(frame: Frame): ResponseFrame | undefined {
  const { type, exchange } = frame
  if (type === frameType.message) {
    const head = headOf(messageHead, frame)
    return head && { type, exchange, head, body: frame.body }
  }
  if (type === frameType.head) {
    const head = headOf(responseHead, frame)
    return head && { type, exchange, head }
  }
  if (type === frameType.keepAlive || type === frameType.end) return { type, exchange }
  return type === frameType.abort ? checkAbort(frame) : undefined
}

function checkAbort(frame: Frame): { type: typeof frameType.abort; exchange: number; head: AbortHead } | undefined {
  const head = headOf(abortHead, frame)
  return head && { type: frameType.abort, exchange: frame.exchange, head }
}

function headOf<S extends z.ZodType>(schema: S, frame: Frame): z.output<S> | undefined {
  const checked = schema.safeParse(frame.head)
  return checked.success ? checked.data : undefined
}
