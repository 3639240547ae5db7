import { Agent, request } from 'node:http'

export interface Target {
  url: string
  headers: Record<string, string>
}

export interface Load {
  /** milliseconds */
  p50: number
  p99: number
  callsPerSecond: number
  calls: number
  errors: number
}

export const kibibyte = 'x'.repeat(1024)
export const initializeParams = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } }

export interface Client {
  /** calls `echo` with 1 KiB from so many connections at once, each waiting for its answer */
  run(connections: number, seconds: number): Promise<Window>
  close(): void
}

/** What a client saw in one window of time: a latency for each call, in ms. */
export interface Window {
  latencies: number[]
  errors: number
  elapsedMs: number
}

/** All connections belong to one MCP session: the floor has one MCP server, so the product gets one too. */
export async function openClient(target: Target): Promise<Client> {
  const agent = new Agent({ keepAlive: true })
  const session = await initialize(target, agent)
  const headers = { ...target.headers, ...session }
  let nextId = 1000
  const callOnce = () =>
    post({ ...target, headers }, agent, {
      jsonrpc: '2.0',
      id: (nextId += 1),
      method: 'tools/call',
      params: { name: 'echo', arguments: { text: kibibyte } },
    })
  return {
    run: (connections, seconds) =>
      measureCalls(connections, seconds, async () => {
        const answer = await callOnce()
        return answer.status === 200 && answer.body.includes(kibibyte)
      }),
    close: () => agent.destroy(),
  }
}

/** One MCP session whose calls are made one by one: resolves with the whole answer, whatever it says. */
export async function openSession(target: Target): Promise<{ call(tool: string, args: object): Promise<string>; close(): void }> {
  const agent = new Agent({ keepAlive: true })
  const headers = { ...target.headers, ...(await initialize(target, agent)) }
  let nextId = 1000
  return {
    async call(tool, args) {
      nextId += 1
      const { body } = await post({ ...target, headers }, agent, {
        jsonrpc: '2.0',
        id: nextId,
        method: 'tools/call',
        params: { name: tool, arguments: args },
      })
      return body
    },
    close: () => agent.destroy(),
  }
}

/** So many callers at once, each waiting for its answer. `callOnce` tells whether it was the right one. */
export async function measureCalls(callers: number, seconds: number, callOnce: () => Promise<boolean>): Promise<Window> {
  const window: Window = { latencies: [], errors: 0, elapsedMs: 0 }
  const started = performance.now()
  await runFor(seconds, callers, async () => {
    const at = performance.now()
    const right = await callOnce()
    window.latencies.push(performance.now() - at)
    if (!right) window.errors += 1
  })
  window.elapsedMs = performance.now() - started
  return window
}

export function loadOf(windows: readonly Window[]): Load {
  const latencies = windows.flatMap((window) => window.latencies).toSorted((a, b) => a - b)
  const at = (share: number): number => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? Number.NaN
  const sum = (pick: (window: Window) => number): number => windows.reduce((total, window) => total + pick(window), 0)
  return {
    p50: at(0.5),
    p99: at(0.99),
    callsPerSecond: (latencies.length / sum(({ elapsedMs }) => elapsedMs)) * 1000,
    calls: latencies.length,
    errors: sum(({ errors }) => errors),
  }
}

async function runFor(seconds: number, clients: number, once: () => Promise<void>): Promise<void> {
  const end = performance.now() + seconds * 1000
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (performance.now() < end) await once()
    }),
  )
}

async function initialize(target: Target, agent: Agent): Promise<Record<string, string>> {
  const { status, headers, body } = await post(target, agent, { jsonrpc: '2.0', id: 1, method: 'initialize', params: initializeParams })
  if (status !== 200) throw new Error(`initialize gave ${status}: ${body.slice(0, 300)}`)
  const id = headers['mcp-session-id']
  const session: Record<string, string> = {
    'mcp-protocol-version': '2025-11-25',
    ...(typeof id === 'string' ? { 'mcp-session-id': id } : {}),
  }
  await post({ ...target, headers: { ...target.headers, ...session } }, agent, { jsonrpc: '2.0', method: 'notifications/initialized' })
  return session
}

interface Answer {
  status: number
  headers: NodeJS.Dict<string | string[]>
  body: string
}

function post(target: Target, agent: Agent, message: object): Promise<Answer> {
  const body = JSON.stringify(message)
  return new Promise((resolve, reject) => {
    const outgoing = request(
      target.url,
      {
        method: 'POST',
        agent,
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'content-length': Buffer.byteLength(body),
          ...target.headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() }),
        )
        response.on('error', reject)
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
