import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { answers } from './answers.ts'

/** Says, in a demo's folder, which process uses it; with the addresses once its services are ready. */
const runningDemo = z.object({ pid: z.number().int().positive(), gatewayUrl: z.url().optional(), issuer: z.url().optional() })
export type RunningDemo = z.infer<typeof runningDemo>

/** The demo that uses the folder now. A file that a crash left behind is none: its process is gone, or it is not the demo's any more. */
export async function findRunningDemo(file: string): Promise<RunningDemo | undefined> {
  const running = read(file)
  if (!running || !isAlive(running.pid)) return undefined
  if (running.gatewayUrl !== undefined && !(await answers(running.gatewayUrl))) return undefined
  return running
}

export interface ClaimedFolder {
  ready(addresses: { gatewayUrl: string; issuer: string }): void
  release(): void
}

/** Two demos on the same folder would write over each other's state. @throws Error that names the other one */
export async function claimFolder(file: string, folder: string): Promise<ClaimedFolder> {
  const other = await findRunningDemo(file)
  if (other) throw alreadyRunning(folder, other)
  rmSync(file, { force: true })
  try {
    writeFileSync(file, JSON.stringify({ pid: process.pid }), { flag: 'wx' })
  } catch (error) {
    // somebody who started in the same moment was quicker
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw alreadyRunning(folder, read(file))
    throw error
  }
  return {
    ready: (addresses) => writeFileSync(file, JSON.stringify({ pid: process.pid, ...addresses })),
    release: () => rmSync(file, { force: true }),
  }
}

export function alreadyRunning(folder: string, running: RunningDemo | undefined): Error {
  const doing = running?.gatewayUrl === undefined ? 'is starting' : 'is running'
  return new Error(
    `The demo in ${folder} ${doing} already${running ? ` (process ${running.pid})` : ''}. End it first, or choose another --data.`,
  )
}

function read(file: string): RunningDemo | undefined {
  try {
    return runningDemo.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
