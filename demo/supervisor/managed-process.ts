import { spawn, type ChildProcess } from 'node:child_process'
import { createWriteStream, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { once } from 'node:events'

export interface ProcessSpec {
  name: string
  command: string
  args: readonly string[]
  /** the whole environment: nothing is inherited but what is named here */
  env: NodeJS.ProcessEnv
  cwd: string
  logFile: string
}

/** A process that the demo started and will end. Its output goes to its log file. */
export interface ManagedProcess {
  name: string
  process: ChildProcess
  exited: Promise<number | null>
  /** the first standard output line that is a JSON object */
  readyLine: Promise<Record<string, unknown>>
  /** the last lines it wrote, for a message about a failed start */
  tail(): string
  stop(): Promise<void>
}

const graceMilliseconds = 5000

export function startProcess(spec: ProcessSpec): ManagedProcess {
  mkdirSync(dirname(spec.logFile), { recursive: true })
  const log = createWriteStream(spec.logFile, { flags: 'a' })
  // a group of its own: Ctrl-C reaches the supervisor alone, which then ends its processes in order
  const child = spawn(spec.command, [...spec.args], {
    cwd: spec.cwd,
    env: spec.env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: process.platform !== 'win32',
  })
  const lines: string[] = []
  let resolveReady: (line: Record<string, unknown>) => void = () => {}
  const readyLine = new Promise<Record<string, unknown>>((resolve) => (resolveReady = resolve))
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue
    stream.setEncoding('utf8')
    let rest = ''
    stream.on('data', (chunk: string) => {
      log.write(chunk)
      const parts = (rest + chunk).split('\n')
      rest = parts.pop() ?? ''
      for (const line of parts) {
        lines.push(line)
        if (lines.length > 30) lines.shift()
        if (stream === child.stdout && line.startsWith('{')) resolveReady(parseObject(line))
      }
    })
  }
  const exited = new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      lines.push(error.message)
      resolve(null)
    })
    child.once('close', (code) => {
      log.end()
      resolve(code)
    })
  })
  return { name: spec.name, process: child, exited, readyLine, tail: () => lines.slice(-8).join('\n'), stop: () => stopGroup(child) }
}

function parseObject(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return {}
  }
}

async function stopGroup(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const exit = once(child, 'exit')
  signalGroup(child.pid, 'SIGTERM')
  const killer = setTimeout(() => signalGroup(child.pid!, 'SIGKILL'), graceMilliseconds)
  await exit
  clearTimeout(killer)
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
