import { spawn, type ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import type { Logger } from '../src-node/logger.ts'
import { ownGroup } from './process-group.ts'

/** Ends the process groups of servers when the agent dies in a way that leaves it no time to: killed, or out of memory. */
export interface ProcessGuardian {
  /** @returns to be called when nothing of the group is left */
  watch(leader: number, log: Logger): () => void
}

/**
 * A shell that reads `+ 123` and `- 123` from the agent's pipe. When the pipe ends, however that came about, it asks the groups that are
 * left to end, and ends them by force after some seconds. It ignores signals that were meant for the agent's terminal or service.
 */
const script = `
trap '' INT TERM HUP
groups=
while read -r change group; do
  case $change in
    +) groups="$groups $group" ;;
    -) left=
       for one in $groups; do [ "$one" = "$group" ] || left="$left $one"; done
       groups=$left ;;
  esac
done
for group in $groups; do kill -TERM "-$group"; done 2>/dev/null
while [ "$1" -gt 0 ]; do
  left=
  for group in $groups; do kill -0 "-$group" && left=yes; done 2>/dev/null
  [ -n "$left" ] || exit 0
  sleep 1
  set -- $(($1 - 1))
done
for group in $groups; do kill -KILL "-$group"; done 2>/dev/null
`

/** shorter-lived than this, it will not live longer the next time */
const leastLifeMs = 1000

export function createProcessGuardian(options: { graceSeconds?: number; shell?: string } = {}): ProcessGuardian {
  const { graceSeconds = 3, shell = '/bin/sh' } = options
  const leaders = new Set<number>()
  let guardian: ChildProcess | undefined

  function start(log: Logger): void {
    const startedAt = performance.now()
    const child = spawn(shell, ['-c', script, 'gatehouse-guardian', String(graceSeconds)], {
      // a group of its own: what is sent to the agent's group must not reach it
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { PATH: process.env['PATH'] },
    })
    guardian = child
    child.once('error', (error) => {
      guardian = undefined
      log.warn({ err: error }, 'without a shell nobody ends the servers of an agent that is killed')
    })
    child.once('exit', () => {
      if (guardian !== child) return
      guardian = undefined
      if (performance.now() - startedAt > leastLifeMs) start(log)
    })
    child.stdin?.on('error', () => {})
    // the agent may end while it is there: that is what it waits for
    child.unref()
    ;(child.stdin as Socket | null)?.unref()
    for (const leader of leaders) child.stdin?.write(`+ ${leader}\n`)
  }

  function stop(): void {
    const { stdin } = guardian ?? {}
    guardian = undefined
    stdin?.end()
  }

  return {
    watch(leader, log) {
      // Windows has no process groups
      if (!ownGroup) return () => {}
      leaders.add(leader)
      if (guardian) guardian.stdin?.write(`+ ${leader}\n`)
      else start(log)
      return () => {
        if (!leaders.delete(leader)) return
        guardian?.stdin?.write(`- ${leader}\n`)
        if (leaders.size === 0) stop()
      }
    },
  }
}

/** One for this process, for as long as it has servers: its pipe is this process's life. */
export const processGuardian: ProcessGuardian = createProcessGuardian()
