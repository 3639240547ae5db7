import { timestampOf } from '../../src-node/clock.ts'
import { concluded, counted, type ControlTest } from './control-test.ts'

/** a request is closed by a timer: it may be a little late */
const graceMs = 60_000

/** Whether something is missing: from what was taken over of the log, all of it, under its signed root. */
export const testOfLog = {
  async 'CC7.2'({ fact }) {
    const { entries, last, doubts } = await fact('numbering')
    return concluded(
      [`${entries.toLocaleString('en')} ${entries === 1 ? 'entry was' : 'entries were'} read: sessions are numbered from 1 to ${last}.`],
      doubts.map(({ entry, what }) => `Entry ${entry}: ${what}`),
    )
  },

  async 'CC7.3'({ fact, clock }) {
    const before = timestampOf(new Date(clock.now().getTime() - graceMs))
    const { requests, open, overdue, overdueCount } = await fact('openRequests', before)
    const waiting = open - overdueCount
    return concluded(
      [`Of ${counted(requests, 'held call')}, ${requests - open} were decided, or their time ran out; ${waiting} wait and have time left.`],
      overdue.map(({ approval, tool, decideBy }) => `${approval} (${tool}) should have been decided by ${decideBy}, and is still open.`),
      overdueCount,
    )
  },
} satisfies Record<string, ControlTest>
