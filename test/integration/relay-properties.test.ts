/**
 * The whole way, with real sockets and processes and nothing masked: whatever bytes an AI client or an MCP server writes arrive as they were
 * written, or are refused with the code that says what is wrong with them; and the recording has the very bytes.
 */
import { hash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { createServer as createHttpServer, type Server, type ServerResponse } from 'node:http'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import fc from 'fast-check'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startAgent, type Agent } from '../../src-agent/agent.ts'
import { openLiveAccess, type LiveAccess } from '../../src-main/services/live-access.ts'
import { systemClock } from '../../src-node/clock.ts'
import { createEventParser } from '../../src-node/event-parser.ts'
import { agentConfig } from '../../src-protocol/config.ts'
import type { ConnectionName } from '../../src-protocol/ids.ts'
import type { SessionRecord } from '../../src-protocol/recording.ts'
import { jsonSpace, jsonText, type Written } from '../fixtures/json-text.ts'
import { post, type Access, type RawAnswer } from '../fixtures/raw-client.ts'
import { startWorld, verifiedRecords, type World } from './fault-matrix-world.ts'
import { until } from './gateway-harness.ts'
import { openBrowserAs } from './sign-in-by-fetch.ts'

const parrot = join(import.meta.dirname, '../fixtures/parrot-server.ts')
const silent = pino({ level: 'silent' })
const minutes = 60_000
/** nothing that the tests call is masked */
const masking = `version: 1
rules:
  - { id: other-tool, match: { tools: [other] }, words: [kingfisher], because: What the other tool says about it stays inside. }
`
/** each run is a call through everything */
const runs = { numRuns: Number(process.env['GATEHOUSE_PROPERTY_RUNS'] ?? 60), endOnFailure: true }

interface Asked {
  body: Buffer
  answer: (bytes: Buffer) => void
  /** over HTTP: as events, in the pieces in which the network brings them */
  stream?: (pieces: Buffer[]) => Promise<void>
}
/** what the server does with a call; each test has its own */
let serve: (asked: Asked) => void

let world: World
let agent: Agent
let access: LiveAccess
let pipe: ReturnType<typeof createServer>
let http: Server
const pipes = new Set<Socket>()

const initialized = (body: Buffer): Buffer | undefined => {
  if (!body.includes('"initialize"')) return undefined
  const result = { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'parrot', version: '1' } }
  return Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 0, result }))
}
const isNotification = (body: Buffer) => body.includes('"notifications/initialized"')

function serveHttp(body: Buffer, response: ServerResponse): void {
  if (isNotification(body)) return void response.writeHead(202).end()
  const answer = (bytes: Buffer) => {
    response.writeHead(200, { 'content-type': 'application/json', ...(body.includes('"initialize"') && { 'mcp-session-id': 'parrot' }) })
    response.end(bytes)
  }
  const first = initialized(body)
  if (first) return answer(first)
  const stream = async (pieces: Buffer[]) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.flushHeaders()
    for (const piece of pieces) {
      response.write(piece)
      await new Promise((resolve) => setImmediate(resolve))
    }
    response.end()
  }
  return serve({ body, answer, stream })
}

beforeAll(async () => {
  world = await startWorld({ holdSeconds: 100 }, { masking })
  pipe = createServer((socket) => {
    pipes.add(socket)
    socket.on('error', () => {})
    const answer = (bytes: Buffer) => void socket.write(`${Buffer.concat([bytes, Buffer.from('\n')]).toString('base64')}\n`)
    createInterface({ input: socket }).on('line', (line) => {
      const body = Buffer.from(line, 'base64')
      const first = initialized(body)
      if (first) answer(first)
      else if (!isNotification(body)) serve({ body, answer })
    })
  })
  http = createHttpServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => (request.method === 'POST' ? serveHttp(Buffer.concat(chunks), response) : response.writeHead(405).end()))
  })
  await Promise.all([pipe, http].map((server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))))
  const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port

  const folder = join(world.folder, 'parrots')
  mkdirSync(folder)
  const { api } = world.administrator
  const { joinToken } = await api.call('createJoinToken', { name: 'parrots' })
  const config = agentConfig.parse({
    gateway: world.url,
    data: 'agent',
    joinToken: 'env:JOIN',
    servers: [
      { name: 'stdio', title: 'Stdio', command: [process.execPath, parrot], env: { PARROT: String(portOf(pipe)) } },
      { name: 'http', title: 'HTTP', url: `http://127.0.0.1:${portOf(http)}/mcp` },
    ],
  })
  agent = await startAgent({ config, folder, env: { PATH: process.env['PATH'], JOIN: joinToken }, log: silent, clock: systemClock })
  await until(async () => (await api.call('agents')).agents.some(({ online }) => online), 'the agent is online')
  for (const name of ['stdio', 'http'])
    await api.call('createConnection', { name, title: name, agent: agent.agentId, server: name, groups: ['operators'], maxMinutes: 60 })
  access = openLiveAccess({
    gatewayUrl: world.url,
    clock: systemClock,
    log: silent,
    runtimeFolder: join(folder, 'run'),
    openBrowser: openBrowserAs({ username: 'operator' }),
  })
  await access.identity.signIn()
}, 2 * minutes)
afterAll(async () => {
  await access?.close()
  await agent?.close()
  for (const socket of pipes) socket.destroy()
  http?.closeAllConnections()
  for (const server of [pipe, http]) server?.close()
  await world?.close()
}, minutes)

interface Opened {
  session: string
  send: (body: Buffer) => Promise<RawAnswer>
}

async function open(kind: string): Promise<Opened> {
  const { id } = await access.openSession({ connection: kind as ConnectionName, reason: 'Properties', minutes: 10 })
  const endpoint = access.endpoint.access(id) as Access
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'properties', version: '1' } }
  const answer = await post(endpoint, JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params }))
  const headers = { 'mcp-session-id': String(answer.headers['mcp-session-id']), 'mcp-protocol-version': '2025-11-25' }
  await post(endpoint, '{"jsonrpc":"2.0","method":"notifications/initialized"}', headers)
  return { session: id, send: (body) => post(endpoint, body, headers) }
}

const codeOf = ({ text }: RawAnswer): string | undefined => (JSON.parse(text) as { error?: { data?: { code?: string } } }).error?.data?.code
/** on stdio a line break would end the message: between JSON's tokens it becomes a space */
const asLine = (bytes: Buffer) => Buffer.from(bytes.map((byte) => (byte === 0x0a || byte === 0x0d ? 0x20 : byte)))
const without = (text: string) => text.replaceAll(/[\r\n]/g, ' ')

/** Every line of the recording is what was sent, byte for byte, and each call has its end. */
function bodiesOf(records: readonly SessionRecord[], direction: 'client' | 'server'): Map<string, string> {
  const bodies = new Map<string, string>()
  for (const record of records) {
    if (!('body' in record) || record.direction !== direction) continue
    expect(record).toMatchObject({ bytes: Buffer.byteLength(record.body), sha256: hash('sha256', record.body, 'hex') })
    bodies.set(record.body, record.kind)
  }
  return bodies
}

let lastId = 0

describe.each(['stdio', 'http'])('over %s', (kind) => {
  test('what a client writes arrives as it was written, or is refused for what is wrong with it', { timeout: 4 * minutes }, async () => {
    const { session, send } = await open(kind)
    const passed: Buffer[] = []
    const refused: string[] = []
    await fc.assert(
      fc.asyncProperty(jsonText, jsonSpace, async (args: Written, gap: string) => {
        const id = ++lastId
        const text = `${gap}{"jsonrpc":"2.0",${gap}"id":${id},"method":"tools/call","params":{"name":"run","arguments":{"value":${args.text}}${gap}}}${gap}`
        const body = Buffer.from(text)
        const seen: Buffer[] = []
        serve = (asked) => {
          seen.push(asked.body)
          asked.answer(Buffer.from(`{"jsonrpc":"2.0","id":${id},"result":{}}`))
        }
        const answer = await send(body)
        if (args.flaws.size > 0) {
          expect(seen).toEqual([])
          expect([...args.flaws]).toContain(codeOf(answer))
          refused.push(codeOf(answer) ?? '')
          return
        }
        expect(answer.text).toBe(`{"jsonrpc":"2.0","id":${id},"result":{}}`)
        expect(seen).toEqual([kind === 'stdio' ? asLine(body) : body])
        passed.push(body)
      }),
      runs,
    )
    await world.administrator.api.call('endSession', { id: session })
    const records = await verifiedRecords(world, session)
    const bodies = bodiesOf(records, 'client')
    for (const body of passed) expect(bodies.get(body.toString())).toBe('request')
    expect(records.flatMap((record) => (record.kind === 'error' ? [record.code] : []))).toEqual(refused)
  })

  test('what a server answers arrives as it was written, or is withheld', { timeout: 4 * minutes }, async () => {
    const { session, send } = await open(kind)
    const passed: string[] = []
    let withheld = 0
    await fc.assert(
      fc.asyncProperty(jsonText, jsonSpace, async (value: Written, gap: string) => {
        const id = ++lastId
        const written = `${gap}{"result":${gap}${value.text},${gap}"id":${id},"jsonrpc":"2.0"}${gap}`
        // a server on stdio must not write line breaks
        const text = kind === 'stdio' ? without(written) : written
        serve = ({ answer }) => answer(Buffer.from(text))
        const answer = await send(Buffer.from(`{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"run"}}`))
        if (value.flaws.size > 0) {
          expect(codeOf(answer)).toBe('MESSAGE_UNMASKABLE')
          withheld += 1
          return
        }
        expect(answer.text).toBe(text)
        passed.push(text)
      }),
      runs,
    )
    await world.administrator.api.call('endSession', { id: session })
    const records = await verifiedRecords(world, session)
    const bodies = bodiesOf(records, 'server')
    for (const text of passed) expect(bodies.get(text)).toBe('response')
    expect(records.filter((record) => record.kind === 'error')).toHaveLength(withheld)
  })

  test('of many calls at once each gets its own answer, in whatever order they are answered', { timeout: 4 * minutes }, async () => {
    const { session, send } = await open(kind)
    const many = 12
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          jsonText.filter(({ flaws }) => flaws.size === 0),
          { minLength: many, maxLength: many },
        ),
        fc.shuffledSubarray([...Array(many).keys()], { minLength: many }),
        async (values, order) => {
          const first = lastId + 1
          lastId += many
          const textOf = (index: number) => without(`{"jsonrpc":"2.0","id":${first + index},"result":${values[index]?.text ?? ''}}`)
          const waiting = new Map<number, Asked>()
          const everybody = Promise.withResolvers<void>()
          serve = (asked) => {
            waiting.set((JSON.parse(asked.body.toString()) as { id: number }).id - first, asked)
            if (waiting.size === many) everybody.resolve()
          }
          const calls = values.map((_, index) =>
            send(Buffer.from(`{"jsonrpc":"2.0","id":${first + index},"method":"tools/call","params":{"name":"run"}}`)),
          )
          await everybody.promise
          for (const index of order) waiting.get(index)?.answer(Buffer.from(textOf(index)))
          const answers = await Promise.all(calls)
          expect(answers.map(({ text }) => text)).toEqual(values.map((_, index) => textOf(index)))
        },
      ),
      { ...runs, numRuns: Math.ceil(runs.numRuns / 6) },
    )
    await world.administrator.api.call('endSession', { id: session })
    await verifiedRecords(world, session)
  })
})

test(
  'events of a server arrive as the same events, however they are spelt and wherever the network cut them',
  { timeout: 4 * minutes },
  async () => {
    const { session, send } = await open('http')
    const good = jsonText.filter(({ flaws }) => flaws.size === 0)
    const lineEnd = fc.constantFrom('\n', '\r\n', '\r')
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(good, lineEnd), { maxLength: 4 }),
        good,
        lineEnd,
        fc.array(fc.nat(5000), { maxLength: 10 }),
        async (notes, value, end, cuts) => {
          const id = ++lastId
          const messages = notes.map(([{ text }, br]) => ({
            text: `{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":${text}}}`,
            br,
          }))
          messages.push({ text: `{"jsonrpc":"2.0","id":${id},"result":${value.text}}`, br: end })
          // a line break between JSON's tokens makes another line of data
          const written = messages
            .map(
              ({ text, br }) =>
                `${text
                  .split(/\r\n|\r|\n/)
                  .map((line) => `data: ${line}`)
                  .join(br)}${br}:${br}${br}`,
            )
            .join('')
          const bytes = Buffer.from(`:${end}${end}${written}`)
          const at = [0, ...cuts.map((cut) => cut % bytes.length).toSorted((a, b) => a - b), bytes.length]
          serve = ({ stream }) => void stream?.(at.slice(1).map((stop, index) => bytes.subarray(at[index], stop)))
          const answer = await send(Buffer.from(`{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"run"}}`))
          const events: string[] = []
          const parser = createEventParser({
            limit: 1e6,
            onEvent: (_head, data) => void events.push(data.toString()),
            onComment() {},
            onOverlong: () => expect.unreachable(),
          })
          parser.push(Buffer.from(answer.text))
          expect(events).toEqual(messages.map(({ text }) => text.replaceAll(/\r\n|\r/g, '\n')))
        },
      ),
      runs,
    )
    await world.administrator.api.call('endSession', { id: session })
    await verifiedRecords(world, session)
  },
)

describe('a server that answers what it was not asked', () => {
  const run = (id: number) => Buffer.from(`{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"run"}}`)
  const event = (id: number | string, text: string) =>
    Buffer.from(`data: {"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"text":"${text}"}}\n\n`)
  const dataOf = ({ text }: RawAnswer) => text.split('\n').filter((line) => line.startsWith('data: '))

  test('answers twice: the client gets the first answer, the recording has both facts', async () => {
    const { session, send } = await open('http')
    const id = ++lastId
    serve = ({ stream }) => void stream?.([event(id, 'first'), event(id, 'second')])
    expect(dataOf(await send(run(id)))).toEqual([`data: {"jsonrpc":"2.0","id":${id},"result":{"text":"first"}}`])
    await world.administrator.api.call('endSession', { id: session })
    const records = await verifiedRecords(world, session)
    expect(records.slice(-4).map((record) => ('code' in record ? record.code : record.kind))).toEqual([
      'request',
      'response',
      'SERVER_OUTPUT_INVALID',
      'close',
    ])
  })

  test.for([1, 300_000])('answers another call (%i bytes): no rule for the tool of this one lets it pass', async (length) => {
    const { session, send } = await open('http')
    const id = ++lastId
    const filler = 'x'.repeat(length)
    serve = ({ stream }) => void stream?.([event('another', `kingfisher ${filler}`), event(id, `kingfisher ${filler}`)])
    const [other, own] = dataOf(await send(run(id)))
    expect(other).toContain(`"[MASKED:other-tool] ${filler}"`)
    expect(own).toContain(`"kingfisher ${filler}"`)
    await world.administrator.api.call('endSession', { id: session })
    await verifiedRecords(world, session)
  })
})
