/** An AI client that looks at nothing but what arrives: of each era, by hand, through a network that may fail. */
import { request } from 'node:http'
import type { Access } from '../fixtures/raw-client.ts'
import type { Era } from './fault-matrix-cells.ts'

export interface Outcome {
  /** `result`, the code of a refusal, `broken` when the connection broke without an answer, `silence` when nothing came in time */
  what: string
  /** messages that answer the request: more than one would be one too many */
  answers: number
}

export interface Sent {
  readonly done: Promise<Outcome>
  /** the client itself goes away */
  leave(): void
}

export interface EraClient {
  call(tool: string, key: string): Sent
}

interface Answer {
  id?: string | number | null
  result?: { isError?: boolean; _meta?: Record<string, unknown> }
  error?: { data?: { code?: string } }
}

const patienceMs = 120_000
const meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {} }
let lastId = 0

/** @param port of the network before the endpoint */
function send(
  access: Access,
  port: number,
  headers: Record<string, string>,
  id: number | undefined,
  body: object,
): Sent & { headers: Promise<Record<string, unknown>> } {
  const url = new URL(access.url)
  const { promise: done, resolve } = Promise.withResolvers<Outcome>()
  const head = Promise.withResolvers<Record<string, unknown>>()
  let text = ''
  const settle = (broken: string) => {
    clearTimeout(timer)
    // refused before its body was read, a request has no id yet
    const answers = messagesIn(text).filter((message) => message.id === id || (message.id === null && message.error))
    resolve({ what: answers[0] ? nameOf(answers[0]) : broken, answers: answers.length })
    head.resolve({})
  }
  const timer = setTimeout(() => settle('silence'), patienceMs)
  const client = request(
    {
      host: '127.0.0.1',
      port,
      path: url.pathname,
      method: 'POST',
      agent: false,
      headers: {
        host: url.host,
        authorization: `Bearer ${access.bearer}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...headers,
      },
    },
    (response) => {
      head.resolve(response.headers)
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.once('error', () => settle('broken'))
      response.once('end', () => settle(id === undefined ? 'accepted' : `status ${response.statusCode}`))
    },
  )
  client.once('error', () => settle('broken'))
  client.once('close', () => settle('broken'))
  client.end(JSON.stringify({ jsonrpc: '2.0', ...(id !== undefined && { id }), ...body }))
  return { done, headers: head.promise, leave: () => client.destroy() }
}

function messagesIn(text: string): Answer[] {
  const pieces = text.startsWith('{') ? [text] : text.split('\n').flatMap((line) => (line.startsWith('data: {') ? [line.slice(6)] : []))
  return pieces.flatMap((piece) => {
    try {
      return [JSON.parse(piece) as Answer]
    } catch {
      return []
    }
  })
}

function nameOf({ result, error }: Answer): string {
  if (error) return error.data?.code ?? 'an error without a code'
  const { isError, _meta: about } = result ?? {}
  return isError === true ? String(about?.['gatehouse/code']) : 'result'
}

export async function eraClients(access: Access, port: number): Promise<Record<Era, EraClient>> {
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'matrix', version: '1' } }
  const direct = Number(new URL(access.url).port)
  const initialized = send(access, direct, {}, ++lastId, { method: 'initialize', params })
  const { what } = await initialized.done
  const session = (await initialized.headers)['mcp-session-id']
  if (typeof session !== 'string') throw new Error(`initialize: ${what}`)
  const stateful = { 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25' }
  await send(access, direct, stateful, undefined, { method: 'notifications/initialized' }).done
  const call = (era: Era) => (tool: string, key: string) => {
    const stateless = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': tool }
    const more = era === 'stateful' ? {} : { _meta: meta }
    return send(access, port, era === 'stateful' ? stateful : stateless, ++lastId, {
      method: 'tools/call',
      params: { name: tool, arguments: { key }, ...more },
    })
  }
  return { stateful: { call: call('stateful') }, stateless: { call: call('stateless') } }
}
