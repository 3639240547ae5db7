/**
 * Servers that are not ours, through the whole product with everything allowed and nothing masked: their tools and what each of them
 * answers must be what the same program answers directly, to the order of the members.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { pino } from 'pino'
import { stringify } from 'yaml'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { demoLayout } from '../../demo/supervisor/layout.ts'
import { startServices, type DemoServices } from '../../demo/supervisor/services.ts'
import { programOf } from '../../demo/supervisor/write-config.ts'
import { openLiveAccess, type LiveAccess } from '../../src-main/services/live-access.ts'
import { systemClock } from '../../src-node/clock.ts'
import type { ConnectionName } from '../../src-protocol/ids.ts'
import { root } from '../fixtures/program.ts'
import { openBrowserAs } from './sign-in-by-fetch.ts'

const startMilliseconds = 120_000
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-real-servers-'))
const data = join(folder, 'data')
const files = join(folder, 'files')
const memory = join(folder, 'memory.jsonl')
const dsn = `sqlite://${demoLayout(data).database}`

interface RealServer {
  command: string[]
  env: Record<string, string>
  /** the same beginning for both sides */
  prepare?: () => void
  /** every tool of the server once, in an order that makes sense */
  calls: [tool: string, args: Record<string, unknown>][]
  /** what differs between two runs of the same program */
  stable?: (answer: string) => string
  /** what it logs once it has settled, if it does something by a timer of its own; the calls must not race with that */
  settled?: string
}

const note = join(files, 'note.txt')
const person = { name: 'Ada', entityType: 'person', observations: ['wrote the first program'] }
const machine = { name: 'Engine', entityType: 'machine', observations: [] }
const relation = { from: 'Ada', to: 'Engine', relationType: 'programmed' }
/** characters of one to four bytes, and a number that a parser would round */
const text = 'line one\nline two: naïve, 日本, 😀\nline three: 9007199254740993\n'

const servers: Record<string, RealServer> = {
  files: {
    command: [process.execPath, programOf('@modelcontextprotocol/server-filesystem'), files],
    env: {},
    prepare() {
      rmSync(files, { recursive: true, force: true })
      mkdirSync(join(files, 'folder'), { recursive: true })
      writeFileSync(note, text)
      writeFileSync(join(files, 'sound.wav'), Buffer.alloc(3000, 7))
    },
    calls: [
      ['list_allowed_directories', {}],
      ['read_file', { path: note }],
      ['read_text_file', { path: note, head: 2 }],
      ['read_media_file', { path: join(files, 'sound.wav') }],
      ['read_multiple_files', { paths: [note, join(files, 'missing.txt')] }],
      ['write_file', { path: join(files, 'new.txt'), content: `${text}card 4111 1111 1111 1111` }],
      ['edit_file', { path: join(files, 'new.txt'), edits: [{ oldText: 'line two', newText: 'line 2' }] }],
      ['create_directory', { path: join(files, 'other') }],
      ['move_file', { source: join(files, 'new.txt'), destination: join(files, 'other', 'moved.txt') }],
      ['list_directory', { path: files }],
      ['list_directory_with_sizes', { path: files, sortBy: 'size' }],
      ['directory_tree', { path: files }],
      ['search_files', { path: files, pattern: '**/*.txt' }],
      ['get_file_info', { path: note }],
    ],
    stable: (answer) => answer.replaceAll(/\w{3} \w{3} \d{2} \d{4} \d{2}:\d{2}:\d{2} GMT[^\\"]*|\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, 'TIME'),
  },
  everything: {
    command: [process.execPath, programOf('@modelcontextprotocol/server-everything'), 'stdio'],
    env: {},
    calls: [
      ['echo', { message: text }],
      ['get-annotated-message', { messageType: 'error', includeImage: true }],
      ['get-env', {}],
      ['get-resource-links', { count: 4 }],
      ['get-resource-reference', { resourceType: 'Text', resourceId: 2 }],
      ['get-structured-content', { location: 'Chicago' }],
      ['get-sum', { a: 0.1, b: 0.2 }],
      ['get-tiny-image', {}],
      ['gzip-file-as-resource', { name: 'note.gz', data: 'data:text/plain;base64,SGVsbG8=', outputType: 'resource' }],
      ['toggle-simulated-logging', {}],
      ['toggle-subscriber-updates', {}],
      ['trigger-long-running-operation', { duration: 0.2, steps: 2 }],
      ['get-roots-list', {}],
      ['trigger-elicitation-request', {}],
      ['trigger-sampling-request', { prompt: 'Say hello' }],
      ['simulate-research-query', { topic: 'tunnels' }],
    ],
    // it asks for the roots 350 ms after the client is there; a call that needs them before that asks too
    settled: 'Roots updated: 1 root(s) received from client',
    // the agent gives a server less of its environment than this test does
    stable: (answer) =>
      answer.replaceAll(/\d{1,2}:\d{2}:\d{2} [AP]M|\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, 'TIME').replace(/"\{.*\\"PATH\\".*\}"/, '"ENVIRONMENT"'),
  },
  memory: {
    command: [process.execPath, programOf('@modelcontextprotocol/server-memory')],
    env: { MEMORY_FILE_PATH: memory },
    prepare: () => rmSync(memory, { force: true }),
    calls: [
      ['create_entities', { entities: [person, machine] }],
      ['create_relations', { relations: [relation] }],
      ['add_observations', { observations: [{ entityName: 'Engine', contents: ['brass', text] }] }],
      ['search_nodes', { query: 'brass' }],
      ['open_nodes', { names: ['Ada'] }],
      ['read_graph', {}],
      ['delete_observations', { deletions: [{ entityName: 'Engine', observations: ['brass'] }] }],
      ['delete_relations', { relations: [relation] }],
      ['delete_entities', { entityNames: ['Ada'] }],
    ],
  },
  database: {
    command: [process.execPath, programOf('@bytebase/dbhub'), '--transport', 'stdio'],
    env: { DSN: dsn },
    calls: [
      ['search_objects', { object_type: 'column', schema: 'main', table: 'customers', detail_level: 'full' }],
      [
        'execute_sql',
        { sql: 'SELECT full_name, email, ssn, 9007199254740993 AS big FROM customers ORDER BY id LIMIT 5; SELECT count(*) FROM cards' },
      ],
    ],
  },
}

let services: DemoServices
let access: LiveAccess

beforeAll(async () => {
  const policy = join(folder, 'policy.yaml')
  const masking = join(folder, 'masking.yaml')
  const rule = {
    id: 'allow-all',
    match: { connections: ['*'], methods: ['*'] },
    effect: 'allow',
    because: 'Nothing is to stand in the way.',
  }
  writeFileSync(policy, stringify({ version: 1, rules: [rule] }))
  writeFileSync(masking, stringify({ version: 1, rules: [] }))
  for (const { prepare } of Object.values(servers)) prepare?.()
  const extraServer = Object.entries(servers).map(([name, { command, env }]) => ({ name, title: name, command, env }))
  services = await startServices({ root, data, reset: false, anyPorts: true, progress() {}, policy, masking, extraServer })
  access = openLiveAccess({
    gatewayUrl: services.gatewayUrl,
    clock: systemClock,
    log: pino({ level: 'silent' }),
    openBrowser: openBrowserAs({ username: 'operator' }),
  })
  await access.identity.signIn()
}, startMilliseconds)

afterAll(async () => {
  await access?.close()
  await services?.stop()
  rmSync(folder, { recursive: true, force: true })
}, startMilliseconds)

/** All that a client sees of a server: how it introduces itself, what it offers, what each tool answers, what it says meanwhile. */
async function see(transport: Transport, { calls, prepare, settled, stable = (answer) => answer }: RealServer) {
  prepare?.()
  const client = new Client(
    { name: 'comparison', version: '1' },
    { capabilities: { sampling: {}, elicitation: { form: {} }, roots: { listChanged: true } } },
  )
  const asked: string[] = []
  client.setRequestHandler('sampling/createMessage', ({ params }) => {
    asked.push(JSON.stringify(params))
    return { role: 'assistant', content: { type: 'text', text: 'Hello from the model' }, model: 'none' }
  })
  client.setRequestHandler('elicitation/create', ({ params }) => {
    asked.push(JSON.stringify(params))
    return { action: 'accept', content: { name: 'Ada', check: true } }
  })
  client.setRequestHandler('roots/list', () => {
    asked.push('roots')
    return { roots: [{ uri: 'file:///somewhere', name: 'Somewhere' }] }
  })
  const isSettled = Promise.withResolvers<void>()
  client.setNotificationHandler('notifications/message', ({ params }) => {
    if (params.data === settled) isSettled.resolve()
  })
  await client.connect(transport)
  if (settled !== undefined) await isSettled.promise
  const progress: string[] = []
  const deliver = transport.onmessage
  // here, because the client forgets whose progress it is when the answer comes with it
  const watch: Transport['onmessage'] = (message, extra) => {
    if ('method' in message && message.method === 'notifications/progress') progress.push(JSON.stringify(message.params))
    deliver?.(message, extra)
  }
  Object.assign(transport, { onmessage: watch })
  try {
    const answers: Record<string, string> = {}
    for (const [tool, args] of calls) {
      const answer = await client
        .callTool({ name: tool, arguments: args }, { onprogress() {} })
        .catch((error: unknown) => ({ refused: String(error) }))
      answers[tool] = stable(JSON.stringify(answer))
    }
    const { tools } = await client.listTools()
    return {
      server: JSON.stringify([client.getServerVersion(), client.getServerCapabilities(), client.getInstructions()]),
      tools: JSON.stringify(tools),
      toolNames: tools.map(({ name }) => name),
      answers,
      progress,
      asked,
    }
  } finally {
    await client.close()
  }
}

test.for(Object.entries(servers))(
  '%s answers through the tunnel as it answers directly',
  { timeout: startMilliseconds },
  async ([name, server]) => {
    const [command = '', ...args] = server.command
    const { PATH = '', HOME = '' } = process.env
    const env = { PATH, HOME, ...server.env }
    const direct = await see(new StdioClientTransport({ command, args, env, stderr: 'ignore' }), server)
    const session = await access.openSession({ connection: name as ConnectionName, reason: 'Comparing', minutes: 5 })
    const { url, bearer } = access.endpoint.access(session.id)!
    const headers = { Authorization: `Bearer ${bearer}` }
    const tunnel = await see(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }), server)

    expect(tunnel).toEqual(direct)
    // the comparison is of all tools, and not of refusals alone
    expect(direct.toolNames.toSorted()).toEqual(server.calls.map(([tool]) => tool).toSorted())
    expect(Object.values(direct.answers).filter((answer) => answer.includes('"refused"')).length).toBeLessThan(2)
  },
)
