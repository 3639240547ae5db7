import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { readyLineOf, rootPid, startNode } from './arm-process.ts'
import type { CallsMade, ManySessionsAnswer, ManySessionsCommand } from './many-sessions.ts'

/** Limits that keep a person from opening so many. */
export const manySessions = {
  sessionsPerSignIn: 1_000_000,
  sessions: 1_000_000,
  idleMinutes: 0,
  approvalRequests: 1_000_000,
  sameApprovalRequests: 1_000_000,
}

/** A desktop without a window, in a process of its own, that opens many sessions. */
export interface SessionOpener {
  pid: number
  /** @returns how many are open now */
  open(count: number): Promise<number>
  /** in each session one every so many milliseconds, at least one */
  callFor(seconds: number, everyMs: number): Promise<CallsMade>
  /** the process itself, whose samples are messages too */
  process: ChildProcess
  /** ends all its sessions, one after the other */
  endAll(): Promise<void>
  stop(): Promise<void>
}

export async function startSessionOpener(options: {
  gatewayUrl: string
  connection: string
  name: string
  folder: string
}): Promise<SessionOpener> {
  const { gatewayUrl, connection, name, folder } = options
  const managed = startNode(name, [join(import.meta.dirname, 'many-sessions.ts'), gatewayUrl, connection], folder)
  await readyLineOf(managed)
  const gone = managed.exited.then((code) => Promise.reject(new Error(`${name} ended with ${code}:\n${managed.tail()}`)))
  gone.catch(() => {})

  async function ask(command: ManySessionsCommand): Promise<Exclude<ManySessionsAnswer, { failed: string }>> {
    const answered = new Promise<ManySessionsAnswer>((resolve) => {
      const listen = (message: object) => {
        if ('sample' in message || 'collected' in message) return
        managed.process.off('message', listen)
        resolve(message as ManySessionsAnswer)
      }
      managed.process.on('message', listen)
    })
    managed.process.send(command)
    const answer = await Promise.race([answered, gone])
    if ('failed' in answer) throw new Error(`${name}: ${answer.failed}`)
    return answer
  }
  const unexpected = (): Error => new Error(`${name} answered something else`)

  return {
    pid: rootPid(managed),
    async open(count) {
      const answer = await ask({ open: count })
      if (!('opened' in answer)) throw unexpected()
      return answer.opened
    },
    process: managed.process,
    async callFor(seconds, everyMs) {
      const answer = await ask({ callForSeconds: seconds, everyMs })
      if (!('calls' in answer)) throw unexpected()
      return answer
    },
    async endAll() {
      await ask({ end: true })
    },
    stop: () => managed.stop(),
  }
}
