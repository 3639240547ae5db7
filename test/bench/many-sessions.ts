/**
 * One desktop without a window that opens as many sessions as it is told. In each an AI client has said hello and looked at the tools.
 * Prints {"ready"}; its parent sends {"open": number}, {"callForSeconds": number, "everyMs": number} or {"end": true}, and gets what came of it.
 *   node many-sessions.ts GATEWAY CONNECTION USER
 */
import { openLiveAccess, type LiveAccess } from '../../src-main/services/live-access.ts'
import { systemClock } from '../../src-node/clock.ts'
import { createLogger } from '../../src-node/logger.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { openBrowserAs } from '../integration/sign-in-by-fetch.ts'
import { initializeParams, kibibyte } from './load.ts'
import type { Session } from '../../src-protocol/model.ts'
import { sendSamples } from './soak/send-samples.ts'
import { quantile } from './statistics.ts'

export type ManySessionsCommand = { open: number } | { callForSeconds: number; everyMs: number } | { end: true }
export interface CallsMade {
  calls: number
  errors: number
  p50: number
  p99: number
  slowest: number
  firstError?: string
}
export type ManySessionsAnswer = { opened: number } | CallsMade | { ended: number } | { failed: string }

const [gatewayUrl = '', connection = '', username = 'operator'] = process.argv.slice(2)
const atOnce = 16
const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2025-11-25' }

interface OpenClient {
  session: Session
  headers: Record<string, string>
  lastId: number
}

const clients: OpenClient[] = []
const access: LiveAccess = openLiveAccess({
  gatewayUrl,
  clock: systemClock,
  log: createLogger('many-sessions', { level: 'warn' }),
  openBrowser: openBrowserAs({ username }),
})

/** One exchange in the tunnel, as the desktop's local endpoint makes it of a client's request. */
function exchange(client: OpenClient, message: object): Promise<{ body: string; headers: Record<string, string> }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ body: string; headers: Record<string, string> }>()
  let body = ''
  let answered: Record<string, string> = {}
  const bytes = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }))
  access.tunnel.open({ session: client.session.id, method: 'POST', headers: client.headers }, bytes, {
    head: (head) => void (answered = head.headers),
    message: (_head, part) => void (body += Buffer.from(part).toString()),
    keepAlive() {},
    end: () => resolve({ body, headers: answered }),
    abort: reject,
  })
  return promise
}

async function openOne(): Promise<void> {
  const session = await access.api.call('openSession', { connection, reason: 'Benchmark', minutes: 120 })
  const client: OpenClient = { session, headers: { ...headers }, lastId: 2 }
  const hello = await exchange(client, { id: 1, method: 'initialize', params: initializeParams })
  const mcpSession = hello.headers['mcp-session-id']
  if (mcpSession !== undefined) client.headers['mcp-session-id'] = mcpSession
  await exchange(client, { method: 'notifications/initialized' })
  const { body } = await exchange(client, { id: 2, method: 'tools/list' })
  if (!body.includes('"echo"')) throw new Error(`tools/list gave ${body.slice(0, 300)}`)
  clients.push(client)
}

async function open(count: number): Promise<ManySessionsAnswer> {
  let left = count
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (left > 0) {
        left -= 1
        await openOne()
      }
    }),
  )
  return { opened: clients.length }
}

async function endAll(): Promise<ManySessionsAnswer> {
  let ended = 0
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let client = clients.pop(); client; client = clients.pop()) {
        await access.api.call('endSession', { id: client.session.id })
        ended += 1
      }
    }),
  )
  return { ended }
}

/** Each session makes a call every so many milliseconds, or, when its answer takes longer, one after the other. */
async function callFor(seconds: number, everyMs: number): Promise<CallsMade> {
  const end = performance.now() + seconds * 1000
  const latencies: number[] = []
  let errors = 0
  let firstError: string | undefined
  await Promise.all(
    clients.map(async (client, place) => {
      // they do not all call at once
      await sleep((everyMs * place) / clients.length)
      do {
        const at = performance.now()
        const problem = await call(client)
        latencies.push(performance.now() - at)
        if (problem !== undefined) {
          errors += 1
          firstError ??= problem
        }
        await sleep(Math.max(0, at + everyMs - performance.now()))
      } while (performance.now() < end)
    }),
  )
  const [p50, p99, slowest] = [0.5, 0.99, 1].map((share) => quantile(latencies, share)) as [number, number, number]
  return { calls: latencies.length, errors, p50, p99, slowest, ...(firstError !== undefined && { firstError }) }
}

/** What was wrong with the answer; undefined if nothing was. */
async function call(client: OpenClient): Promise<string | undefined> {
  client.lastId += 1
  try {
    const { body } = await exchange(client, {
      id: client.lastId,
      method: 'tools/call',
      params: { name: 'echo', arguments: { text: kibibyte } },
    })
    return body.includes(kibibyte) ? undefined : `the answer was ${body.slice(0, 200)}`
  } catch (error) {
    return String(error)
  }
}

async function answer(command: ManySessionsCommand): Promise<ManySessionsAnswer> {
  if ('open' in command) return open(command.open)
  if ('callForSeconds' in command) return callFor(command.callForSeconds, command.everyMs)
  return endAll()
}

process.on('message', (command: ManySessionsCommand | { collect: true }) => {
  if ('collect' in command) return
  void answer(command)
    .catch((error: unknown): ManySessionsAnswer => ({ failed: String(error) }))
    .then((result) => process.send?.(result))
})
sendSamples()
process.channel?.ref()
await access.identity.signIn()
await access.tunnel.ready()
process.stdout.write('{"ready":true}\n')
