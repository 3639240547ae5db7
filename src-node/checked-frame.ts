import type { z } from 'zod'
import {
  abortHead,
  frameType,
  messageHead,
  openHead,
  responseHead,
  watchHead,
  type AbortHead,
  type Frame,
  type MessageHead,
  type OpenHead,
  type ResponseHead,
  type WatchHead,
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

/** What only a desktop sends. */
export interface WatchFrame {
  type: typeof frameType.open
  exchange: number
  head: WatchHead
}

/** `undefined`: the frame has no place in this direction, or its head does not fit its schema. */
export type FrameCheck<F> = (frame: Frame) => F | undefined

export function checkRequestFrame(frame: Frame): RequestFrame | undefined {
  const { type, exchange } = frame
  if (type === frameType.open) {
    const head = plainOpenHead(frame.head) ?? headOf(openHead, frame)
    return head && { type, exchange, head, body: frame.body }
  }
  return type === frameType.abort ? checkAbort(frame) : undefined
}

export function checkDesktopFrame(frame: Frame): RequestFrame | WatchFrame | undefined {
  return checkRequestFrame(frame) ?? checkWatch(frame)
}

function checkWatch(frame: Frame): WatchFrame | undefined {
  const head = frame.type === frameType.open ? headOf(watchHead, frame) : undefined
  return head && { type: frameType.open, exchange: frame.exchange, head }
}

export function checkResponseFrame(frame: Frame): ResponseFrame | undefined {
  const { type, exchange } = frame
  if (type === frameType.message) {
    const head = plainMessageHead(frame.head) ?? headOf(messageHead, frame)
    return head && { type, exchange, head, body: frame.body }
  }
  if (type === frameType.head) {
    const head = plainResponseHead(frame.head) ?? headOf(responseHead, frame)
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

// Nearly all heads are of the shapes below, and a schema costs more than the rest of a frame. What is not is left to the schemas.

/** the session that the schema allowed last: most frames are of the same one */
let allowedSession: OpenHead['session'] | undefined

function plainOpenHead(head: unknown): OpenHead | undefined {
  if (!hasOnly(head, 3) || !isPlainHeaders(head['headers'])) return undefined
  const { session, method, headers } = head
  if (method !== 'POST' && method !== 'GET' && method !== 'DELETE') return undefined
  if (session === allowedSession && allowedSession !== undefined) return { session: allowedSession, method, headers }
  const checked = openHead.shape.session.safeParse(session)
  if (!checked.success) return undefined
  allowedSession = checked.data
  return { session: allowedSession, method, headers }
}

function plainResponseHead(head: unknown): ResponseHead | undefined {
  if (!hasOnly(head, 2) || !isPlainHeaders(head['headers'])) return undefined
  const { status, headers } = head
  return Number.isInteger(status) && (status as number) >= 200 && (status as number) <= 599
    ? { status: status as number, headers }
    : undefined
}

const plainMessageHead = (head: unknown): MessageHead | undefined => (hasOnly(head, 0) ? {} : undefined)

function hasOnly(head: unknown, members: number): head is Record<string, unknown> {
  if (typeof head !== 'object' || head === null || Array.isArray(head)) return false
  let count = 0
  for (const _ in head) count += 1
  return count === members
}

function isPlainHeaders(headers: unknown): headers is Record<string, string> {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) return false
  for (const name in headers) {
    if (name === '__proto__' || typeof (headers as Record<string, unknown>)[name] !== 'string') return false
  }
  return true
}
