import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { armEnvironment, root } from './arm-process.ts'
import { measureCalls, initializeParams, kibibyte, type Client } from './load.ts'

export interface StdioClient {
  pid: number
  ready: Promise<Client>
  stop(): Promise<void>
}

/** The benchmark's load for a program that speaks MCP over standard input and output: all calls share its one stream, as they do in an AI client. */
export function openStdioClient(args: readonly string[], folder: string): StdioClient {
  mkdirSync(folder, { recursive: true })
  const child = spawn(process.execPath, args, { cwd: root, env: armEnvironment(folder), stdio: ['pipe', 'pipe', 'pipe'] })
  if (child.pid === undefined) throw new Error('the program did not start')
  child.stderr.pipe(createWriteStream(join(folder, 'stdio-client.log')))
  const waiting = new Map<number, (line: string) => void>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id } = JSON.parse(line) as { id?: number }
    if (id === undefined) return
    const answered = waiting.get(id)
    waiting.delete(id)
    answered?.(line)
  })
  const write = (message: object) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  let lastId = 0
  const request = (method: string, params: object): Promise<string> =>
    new Promise((resolve) => {
      lastId += 1
      waiting.set(lastId, resolve)
      write({ id: lastId, method, params })
    })
  const gone = once(child, 'exit').then(() => Promise.reject(new Error('the program ended by itself; its words are in stdio-client.log')))
  gone.catch(() => {})
  const open = async (): Promise<Client> => {
    const tooLong = new Promise<never>((_, reject) =>
      setTimeout(() => reject(new Error('the program did not answer initialize')), 30_000).unref(),
    )
    await Promise.race([request('initialize', initializeParams), gone, tooLong])
    write({ method: 'notifications/initialized' })
    const callOnce = async (): Promise<boolean> =>
      (await request('tools/call', { name: 'echo', arguments: { text: kibibyte } })).includes(kibibyte)
    return { run: (connections, seconds) => Promise.race([measureCalls(connections, seconds, callOnce), gone]), close: () => {} }
  }
  return {
    pid: child.pid,
    ready: open(),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.stdin.end()
      child.kill('SIGTERM')
      const killer = setTimeout(() => child.kill('SIGKILL'), 3000)
      await once(child, 'exit')
      clearTimeout(killer)
    },
  }
}
