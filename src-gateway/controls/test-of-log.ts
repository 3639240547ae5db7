import { concluded, counted, entriesOf, type ControlTest } from './control-test.ts'

/** Whether something is missing: read from the log, from its first entry to its last. */
export const testOfLog = {
  async 'CC7.2'({ log }) {
    const failures: string[] = []
    let last = 0
    let entries = 0
    const numbers = new Map<number, string>()
    for await (const { entry, index } of entriesOf(log)) {
      entries += 1
      if (entry.kind !== 'session.open') continue
      const { counter, session } = entry
      const before = numbers.get(counter)
      if (before !== undefined && before !== session) failures.push(`Entry ${index}: the number ${counter} was given to two sessions.`)
      if (counter > last + 1) failures.push(`Entry ${index}: ${counted(counter - last - 1, 'number')} before ${counter} are missing.`)
      numbers.set(counter, session)
      last = Math.max(last, counter)
    }
    return concluded(
      [`${counted(entries, 'entry').replace('entrys', 'entries')} were read: sessions are numbered from 1 to ${last}.`],
      failures,
    )
  },

  async 'CC7.3'({ log, clock }) {
    const open = new Map<string, { decideBy: string; tool: string }>()
    let requests = 0
    for await (const { entry } of entriesOf(log)) {
      if (entry.kind === 'approval.requested') {
        requests += 1
        open.set(entry.approval, entry.input)
      } else if (entry.kind === 'approval.settled') open.delete(entry.approval)
    }
    const graceMs = 60_000
    const now = clock.now().getTime()
    const overdue = [...open].filter(([, { decideBy }]) => Date.parse(decideBy) + graceMs < now)
    const waiting = open.size - overdue.length
    return concluded(
      [
        `Of ${counted(requests, 'held call')}, ${requests - open.size} were decided, or their time ran out; ${waiting} wait and have time left.`,
      ],
      overdue.map(([id, { tool, decideBy }]) => `${id} (${tool}) should have been decided by ${decideBy}, and is still open.`),
    )
  },
} satisfies Record<string, ControlTest>
