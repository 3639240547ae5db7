import { join } from 'node:path'
import { readyLineOf, rootPid, startNode } from './arm-process.ts'
import type { ManySessionsAnswer, ManySessionsCommand } from './many-sessions.ts'

/** A desktop without a window, in a process of its own, that opens many sessions. */
export interface SessionOpener {
  pid: number
  /** @returns how many are open now */
  open(count: number): Promise<number>
  callFor(seconds: number): Promise<{ calls: number; errors: number; slowestMs: number; firstError?: string }>
  /** ends all its sessions */
  signOut(): Promise<void>
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
    const answered = new Promise<ManySessionsAnswer>((resolve) =>
      managed.process.once('message', (answer) => resolve(answer as ManySessionsAnswer)),
    )
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
    async callFor(seconds) {
      const answer = await ask({ callForSeconds: seconds })
      if (!('calls' in answer)) throw unexpected()
      return answer
    },
    async signOut() {
      await ask({ signOut: true })
    },
    stop: () => managed.stop(),
  }
}
