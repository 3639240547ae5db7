import type { OverviewDatabase } from './overview-database.ts'

/** What tests of controls ask about the whole log, answered from what was taken over of it. */
export interface ControlFacts {
  /** how sessions are numbered, and entries that speak against it */
  numbering(): { entries: number; last: number; doubts: Doubt[] }
  /** votes, and those that nobody should have cast */
  votes(): { votes: number; requests: number; doubts: Doubt[] }
  /** `overdue`: open although their time ended before `before` */
  openRequests(before: string): { requests: number; open: number; overdueCount: number; overdue: OpenRequest[] }
  /** entries that closed sessions whose recordings are kept, each with the same chance */
  drawClosed(most: number): { total: number; entries: number[] }
  /** the entry that put each document in force last */
  documents(): { kind: string; entry: number }[]
}

interface Doubt {
  entry: number
  what: string
}

interface OpenRequest {
  approval: string
  tool: string
  decideBy: string
}

/** a result names some; how many there are it counts */
const mostNamed = 100

export function createControlFacts(
  database: OverviewDatabase,
  known: () => { entries: number; counter: number },
  randomInt: (below: number) => number,
): ControlFacts {
  const ofKind = database.prepare<[string], { entries: number | null }>('SELECT sum(entries) AS entries FROM entry_day WHERE kind = ?')
  const doubts = database.prepare<[string], Doubt>('SELECT entry, what FROM log_doubt WHERE control = ? ORDER BY entry')
  const count = (of: string) => database.prepare<[], { count: number }>(`SELECT count(*) AS count FROM ${of}`)
  const requests = count('approval')
  const open = count("approval WHERE outcome = 'pending'")
  const overdueCount = database.prepare<[string], { count: number }>(
    "SELECT count(*) AS count FROM approval WHERE outcome = 'pending' AND decide_by < ?",
  )
  const overdue = database.prepare<[string], OpenRequest>(
    `SELECT approval, tool, decide_by AS decideBy FROM approval
     WHERE outcome = 'pending' AND decide_by < ? ORDER BY decide_by, approval LIMIT ${mostNamed}`,
  )
  const kept = 'session WHERE closed_entry IS NOT NULL AND removed = 0'
  const total = count(kept)
  const closed = database.prepare<[number], { entry: number }>(
    `SELECT closed_entry AS entry FROM ${kept} ORDER BY closed_entry LIMIT 1 OFFSET ?`,
  )
  const documents = database.prepare<[], { kind: string; entry: number }>('SELECT kind, entry FROM document')

  return {
    numbering() {
      const { entries, counter } = known()
      return { entries, last: counter, doubts: doubts.all('CC7.2') }
    },
    votes: () => ({
      votes: ofKind.get('approval.vote')?.entries ?? 0,
      requests: requests.get()?.count ?? 0,
      doubts: doubts.all('CC6.3'),
    }),
    openRequests: (before) => ({
      requests: requests.get()?.count ?? 0,
      open: open.get()?.count ?? 0,
      overdueCount: overdueCount.get(before)?.count ?? 0,
      overdue: overdue.all(before),
    }),
    drawClosed(most) {
      const all = total.get()?.count ?? 0
      const places = new Set<number>()
      while (places.size < Math.min(most, all)) places.add(randomInt(all))
      return { total: all, entries: [...places].flatMap((place) => closed.get(place)?.entry ?? []) }
    },
    documents: () => documents.all(),
  }
}
