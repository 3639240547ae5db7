import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { endWithParent } from '../../demo/supervisor/end-with-parent.ts'
import { startProcess, type ManagedProcess } from '../../demo/supervisor/managed-process.ts'

export const root = resolve(import.meta.dirname, '..', '..')
// the services are started with the environment of this process
process.env['GATEHOUSE_LOG_LEVEL'] = 'warn'

/** A Node program of an arm. What it may write into a home folder goes into the arm's own. */
export function startNode(name: string, args: readonly string[], folder: string, env: NodeJS.ProcessEnv = {}): ManagedProcess {
  return startProcess({
    name,
    command: process.execPath,
    args: [...endWithParent, ...args],
    env: armEnvironment(folder, env),
    cwd: root,
    logFile: join(folder, `${name}.log`),
  })
}

export function armEnvironment(folder: string, env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], HOME: folder, GATEHOUSE_LOG_LEVEL: 'warn', ...env }
}

export async function readyLineOf(managed: ManagedProcess): Promise<Record<string, unknown>> {
  const gone = managed.exited.then(() => Promise.reject(new Error(`${managed.name} did not start:\n${managed.tail()}`)))
  return Promise.race([managed.readyLine, gone])
}

export function rootPid({ name, process: { pid } }: ManagedProcess): number {
  if (pid === undefined) throw new Error(`${name} does not run`)
  return pid
}

/** Resident memory of a process alone, in bytes; NaN where there is no /proc. */
export function residentBytes(pid: number): number {
  if (process.platform !== 'linux') return Number.NaN
  const pages = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]
  return Number(pages) * 4096
}

/** A process and everything it started. */
export function withDescendants(pid: number): number[] {
  if (process.platform !== 'linux') return [pid]
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
    return [pid, ...children.flatMap(withDescendants)]
  } catch {
    return []
  }
}
