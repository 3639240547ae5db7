import type { Delegation } from '../../src-protocol/delegation.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'

/** Who decides in whose place, as the log tells it: every entry is applied once, in order. It stands nowhere else (docs/decisions/0026). */
export interface DelegationBook {
  /** entries about something else change nothing */
  apply(entry: LogEntry): void
  /** the newest first; of those that are over only the latest are kept */
  all(): Delegation[]
  find(id: string): Delegation | undefined
}

/** A request waits a week at most, and what was decided about it is looked up by then. */
const keptOver = 500

export function createDelegationBook(): DelegationBook {
  const delegations = new Map<string, Delegation>()

  function dropOldest(): void {
    if (delegations.size <= keptOver) return
    const oldest = delegations.values().find(({ endedAt }) => endedAt !== undefined)
    if (oldest) delegations.delete(oldest.id)
  }

  return {
    apply(entry) {
      if (entry.kind === 'delegation.given') {
        const { delegation: id, delegator, delegate, input, at } = entry
        const { groups, from, until, reason } = input
        // an id is given once: whoever writes a second one changes nothing
        if (!delegations.has(id)) delegations.set(id, { id, delegator, delegate, groups, from, until, reason, givenAt: at })
        dropOldest()
      } else if (entry.kind === 'delegation.ended') {
        const known = delegations.get(entry.delegation)
        if (known?.endedAt === undefined && known) {
          delegations.set(known.id, { ...known, endedAt: entry.at, endReason: entry.reason })
        }
      }
    },
    all: () => [...delegations.values()].toReversed(),
    find: (id) => delegations.get(id),
  }
}
