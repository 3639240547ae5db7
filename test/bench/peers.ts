import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../demo/supervisor/free-port.ts'
import { startNode, readyLineOf, rootPid } from './arm-process.ts'
import { openClient, type Client } from './load.ts'
import { openStdioClient } from './stdio-client.ts'

/** Another way to reach an MCP server, measured beside the product: whatever it does or leaves out is its own choice. */
export interface Peer {
  name: string
  /** what it is, for the page */
  what: string
  start(folder: string): Promise<RunningPeer>
}

export interface RunningPeer {
  open(): Promise<Client>
  /** each with its children is the peer; the server behind it is one of them */
  roots: readonly number[]
  stop(): Promise<void>
}

const installed = join(import.meta.dirname, 'peers')
const modules = join(installed, 'node_modules')
const echoServer = join(import.meta.dirname, 'echo-server.ts')
const program = (...path: string[]): string => join(modules, ...path)

/** Installs the peers' locked versions into a folder of the benchmark. @returns why they are left out, if they are */
export function installPeers(): string | undefined {
  const lock = readFileSync(join(installed, 'package-lock.json'), 'utf8')
  const stamp = join(modules, '.installed')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return undefined
  process.stderr.write('installing the peers (once)\n')
  const { status, stderr, error } = spawnSync(
    process.platform === 'win32' ? 'npm.cmd' : 'npm',
    ['ci', '--prefix', installed, '--no-audit', '--no-fund'],
    {
      encoding: 'utf8',
      shell: process.platform === 'win32',
    },
  )
  if (status !== 0) return `npm could not install them: ${error?.message ?? stderr.trim().split('\n').at(-1) ?? 'unknown'}`
  writeFileSync(stamp, lock)
  return undefined
}

type Start = (folder: string) => Promise<RunningPeer>

/** An HTTP server of MCP at `url`, which answers once it listens. */
async function overHttp(
  name: string,
  folder: string,
  port: number,
  path: string,
  args: readonly string[],
  env = {},
): Promise<RunningPeer & { url: string }> {
  const managed = startNode(name, args, folder, env)
  const url = `http://127.0.0.1:${port}${path}`
  const target = { url, headers: {} }
  await untilListening(
    url,
    managed.exited.then(() => Promise.reject(new Error(`${name} did not start:\n${managed.tail()}`))),
  )
  return { url, open: () => openClient(target), roots: [rootPid(managed)], stop: () => managed.stop() }
}

const startMcpProxy = async (folder: string) => {
  const port = await freePort(0)
  const args = [program('mcp-proxy', 'dist', 'bin', 'mcp-proxy.mjs'), '--port', String(port), '--host', '127.0.0.1', '--server', 'stream']
  return overHttp('mcp-proxy', folder, port, '/mcp', [...args, '--', process.execPath, echoServer])
}

const startSdkServer = async (folder: string) => {
  const managed = startNode('sdk-server', [join(import.meta.dirname, 'sdk-http-server.ts')], folder)
  const url = String((await readyLineOf(managed))['url'])
  return { url, open: () => openClient({ url, headers: {} }), roots: [rootPid(managed)], stop: () => managed.stop() }
}

/** `mcp-remote` is a program that the AI client starts: it is driven over its standard input and output. */
const behindMcpRemote =
  (startUpstream: (folder: string) => Promise<RunningPeer & { url: string }>): Start =>
  async (folder) => {
    const upstream = await startUpstream(folder)
    const args = [program('mcp-remote', 'dist', 'proxy.js'), upstream.url, '--allow-http', '--transport', 'http-only']
    const remote = openStdioClient(args, folder)
    return {
      open: () => remote.ready,
      roots: [...upstream.roots, remote.pid],
      async stop() {
        await remote.stop()
        await upstream.stop()
      },
    }
  }

export const sdkServer: Peer = {
  name: 'MCP SDK server, direct',
  what: 'the official SDK over Streamable HTTP, nothing in between',
  start: startSdkServer,
}

export const mcpProxy: Peer = { name: 'mcp-proxy → stdio', what: 'HTTP to stdio', start: startMcpProxy }

export const supergateway: Peer = {
  name: 'supergateway → stdio',
  what: 'HTTP to stdio, stateful',
  async start(folder) {
    const port = await freePort(0)
    const stdio = `"${process.execPath}" "${echoServer}"`
    const args = [program('supergateway', 'dist', 'index.js'), '--stdio', stdio, '--outputTransport', 'streamableHttp', '--stateful']
    return overHttp('supergateway', folder, port, '/mcp', [...args, '--logLevel', 'none', '--port', String(port)])
  },
}

export const mcpRemote: Peer = {
  name: 'mcp-remote → HTTP',
  what: 'stdio to the SDK’s server over HTTP',
  start: behindMcpRemote(startSdkServer),
}

export const remoteTopology: Peer = {
  name: 'mcp-remote → mcp-proxy → stdio',
  what: 'the usual remote topology',
  start: behindMcpRemote(startMcpProxy),
}

export const recordingPeer: Peer = {
  name: '@fiberplane/mcp-gateway → stdio',
  what: 'records each message in SQLite',
  async start(folder) {
    const port = await freePort(0)
    const storage = join(folder, 'storage')
    mkdirSync(storage, { recursive: true })
    const echo = { type: 'stdio', command: process.execPath, args: [echoServer], sessionMode: 'shared' }
    writeFileSync(join(storage, 'mcp.json'), JSON.stringify({ mcpServers: { echo } }))
    const args = [program('@fiberplane', 'mcp-gateway', 'bin', 'mcp-gateway.js'), '--port', String(port), '--storage-dir', storage]
    return overHttp('fiberplane', folder, port, '/s/echo/mcp', args)
  },
}

export const peers: readonly Peer[] = [sdkServer, mcpProxy, supergateway, mcpRemote, remoteTopology, recordingPeer]

async function untilListening(url: string, gone: Promise<never>): Promise<void> {
  gone.catch(() => {})
  for (let tries = 0; ; tries += 1) {
    try {
      // any answer will do: what listens also answers
      await Promise.race([fetch(url, { headers: { accept: 'application/json' }, signal: AbortSignal.timeout(2000) }), gone])
      return
    } catch (error) {
      if (tries === 100 || (error as Error).message.includes('did not start')) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}
