import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { stringify } from 'yaml'
import { freePort } from '../../demo/supervisor/free-port.ts'
import { startProcess, type ManagedProcess } from '../../demo/supervisor/managed-process.ts'
import { startServices } from '../../demo/supervisor/services.ts'
import { endWithParent } from '../../demo/supervisor/end-with-parent.ts'
import { compileCache } from '../fixtures/program.ts'
import { openForwarder } from './forwarder.ts'

/** A server as a suite reaches it: over HTTP on loopback, behind a forwarder. */
export interface Side {
  url: string
  stop(): Promise<void>
}

const root = resolve(import.meta.dirname, '..', '..')
const { PATH, HOME } = process.env
const allowAll = {
  version: 1,
  rules: [
    { id: 'allow-all', match: { connections: ['*'], methods: ['*'] }, effect: 'allow', because: 'The tunnel is compared with nothing.' },
  ],
}
const readyMilliseconds = 30_000

export interface ServerProgram {
  name: string
  /** a program of Node: it ends with the comparison, however that ends */
  command: string[]
}

function start(program: ServerProgram, folder: string, env: NodeJS.ProcessEnv = {}): ManagedProcess {
  const [command = '', ...args] = program.command
  const logFile = join(folder, `${program.name}.log`)
  return startProcess({
    name: program.name,
    command,
    args: [...endWithParent, ...args],
    env: { PATH, HOME, ...compileCache, GATEHOUSE_LOG_LEVEL: 'warn', ...env },
    cwd: root,
    logFile,
  })
}

async function readyUrl(managed: ManagedProcess): Promise<Record<string, unknown>> {
  const gone = managed.exited.then(() => Promise.reject(new Error(`${managed.name} did not start:\n${managed.tail()}`)))
  return Promise.race([managed.readyLine, gone])
}

/** A server that prints its address. */
export async function startDirect(program: ServerProgram, folder: string): Promise<Side> {
  const server = start(program, folder)
  const forwarder = await openForwarder(String((await readyUrl(server))['url']))
  return { url: forwarder.url, stop: () => stopAll(forwarder, server) }
}

/** A server that listens where `PORT` says and prints nothing that could be relied on. */
export async function startDirectOnPort(program: ServerProgram, folder: string): Promise<Side> {
  const port = await freePort(0)
  const server = start(program, folder, { PORT: String(port) })
  const url = `http://127.0.0.1:${port}/mcp`
  for (const deadline = Date.now() + readyMilliseconds; !(await answers(url));) {
    if (Date.now() > deadline || server.process.exitCode !== null) throw new Error(`${program.name} did not start:\n${server.tail()}`)
    await new Promise((resolve_) => setTimeout(resolve_, 100))
  }
  const forwarder = await openForwarder(url)
  return { url: forwarder.url, stop: () => stopAll(forwarder, server) }
}

/** The same program over HTTP, behind the whole product. */
export async function startTunnelToHttp(serve: (folder: string) => Promise<Side>, folder: string): Promise<Side> {
  const server = await serve(folder)
  try {
    const tunnel = await startTunnel({ name: 'over-http', url: server.url }, folder)
    return { url: tunnel.url, stop: () => stopAll(tunnel, server) }
  } catch (error) {
    await server.stop()
    throw error
  }
}

/** The same program, behind the whole product: everything is allowed, nothing is masked. */
export async function startTunnel(program: ServerProgram | { name: string; url: string }, folder: string): Promise<Side> {
  mkdirSync(folder, { recursive: true })
  const [policy, masking] = [join(folder, 'policy.yaml'), join(folder, 'masking.yaml')]
  writeFileSync(policy, stringify(allowAll))
  writeFileSync(masking, stringify({ version: 1, rules: [] }))
  const services = await startServices({
    root,
    data: join(folder, 'data'),
    reset: true,
    anyPorts: true,
    progress() {},
    policy,
    masking,
    extraServer: { ...program, title: program.name },
  })
  const connect = start(
    {
      name: 'connect',
      command: [process.execPath, join(root, 'test', 'bench', 'connect-as-operator.ts'), services.gatewayUrl, program.name],
    },
    folder,
  )
  const { url, bearer } = await readyUrl(connect)
  const forwarder = await openForwarder(String(url), { Authorization: `Bearer ${String(bearer)}` })
  return { url: forwarder.url, stop: () => stopAll(forwarder, connect, services) }
}

/**
 * For a suite that plays the server and names its address with each scenario: the agent knows one address, and what stands there sends
 * on to the suite's. `url` takes that address (POST) and answers with the one that the client has to use.
 */
export async function startTunnelToSuite(folder: string): Promise<Side> {
  const upstream = await openForwarder('http://127.0.0.1:1/')
  const tunnel = await startTunnel({ name: 'suite', url: upstream.url }, folder)
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    upstream.retarget(await text(request))
    response.end(tunnel.url)
  }
  const control = createServer((request, response) => void answer(request, response))
  await new Promise<void>((done) => control.listen(0, '127.0.0.1', done))
  const stop = () =>
    new Promise<void>((done) => {
      control.close(() => done())
      control.closeAllConnections()
    })
  return { url: `http://127.0.0.1:${(control.address() as AddressInfo).port}/`, stop: () => stopAll({ stop }, tunnel, upstream) }
}

/** The client goes to the suite's server itself. */
export const startClientAlone = async (): Promise<Side> => ({ url: '', stop: async () => {} })

async function stopAll(...parts: { stop(): Promise<void> }[]): Promise<void> {
  for (const part of parts) await part.stop()
}

async function answers(url: string): Promise<boolean> {
  try {
    await fetch(url)
    return true
  } catch {
    return false
  }
}
