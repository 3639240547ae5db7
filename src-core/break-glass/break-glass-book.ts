import type { BreakGlassOpening, BreakGlassRule } from '../../src-protocol/break-glass.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'

/**
 * Rules and openings as the log tells them: every entry is applied once, in order. There is no other place in which they are kept, so that nothing
 * but an entry of the log lets a call pass without votes.
 */
export interface BreakGlassBook {
  /** entries about something else change nothing */
  apply(entry: LogEntry): void
  rules(): BreakGlassRule[]
  rule(id: string): BreakGlassRule | undefined
  /** what waits for a second administrator; at most one for each rule */
  proposals(): BreakGlassRule[]
  proposal(id: string): BreakGlassRule | undefined
  /** the newest first; of those that are reviewed only the latest are kept */
  openings(): BreakGlassOpening[]
  opening(id: string): BreakGlassOpening | undefined
  /** which opening an approval goes back to */
  useOf(approval: string): BreakGlassOpening | undefined
}

type Of<K extends LogEntry['kind']> = Extract<LogEntry, { kind: K }>

/** The log has all of them; what people look at is the latest. */
const keptReviewed = 300

export function createBreakGlassBook(): BreakGlassBook {
  const rules = new Map<string, BreakGlassRule>()
  const proposals = new Map<string, BreakGlassRule>()
  const openings = new Map<string, BreakGlassOpening>()
  const uses = new Map<string, string>()

  function setRule({ at, rule: id, terms, version, by, approvedBy }: Of<'break-glass.rule'>): void {
    rules.set(id, { id, terms, version, by, at, ...(approvedBy !== undefined && { approvedBy }) })
    proposals.delete(id)
  }

  function open(entry: Of<'break-glass.opened'>): void {
    const { breakGlass: id, digest, input, person, ruleTitle, startsAt, endsAt, statement } = entry
    if (openings.has(id)) return
    openings.set(id, { id, digest, input, ruleTitle, person, statement, startsAt, endsAt, uses: [] })
    dropOldest()
  }

  function change(id: string, changed: (opening: BreakGlassOpening) => Partial<BreakGlassOpening>): void {
    const opening = openings.get(id)
    if (opening) openings.set(id, { ...opening, ...changed(opening) })
  }

  function dropOldest(): void {
    if (openings.size <= keptReviewed) return
    const oldest = [...openings.values()].find(({ review }) => review)
    if (!oldest) return
    openings.delete(oldest.id)
    for (const { approval } of oldest.uses) uses.delete(approval)
  }

  return {
    apply(entry) {
      switch (entry.kind) {
        case 'break-glass.rule':
          return setRule(entry)
        case 'break-glass.rule-proposed': {
          const { at, rule: id, terms, version, by, before } = entry
          proposals.set(id, { id, terms, version, by, at, ...(before !== undefined && { before }) })
          return
        }
        case 'break-glass.rule-rejected':
          if (proposals.get(entry.rule)?.version === entry.version) proposals.delete(entry.rule)
          return
        case 'break-glass.rule-removed':
          rules.delete(entry.rule)
          proposals.delete(entry.rule)
          return
        case 'break-glass.opened':
          return open(entry)
        case 'break-glass.used': {
          const { at, approval, session, tool } = entry
          if (uses.has(approval) || !openings.has(entry.breakGlass)) return
          uses.set(approval, entry.breakGlass)
          return change(entry.breakGlass, (opening) => ({ uses: [...opening.uses, { at, approval, session, tool }] }))
        }
        case 'break-glass.ended': {
          const { at: endedAt, reason: endReason, by, because } = entry
          const why = { endReason, ...(by !== undefined && { endedBy: by }), ...(because !== undefined && { because }) }
          return change(entry.breakGlass, (opening) => (opening.endedAt === undefined ? { endedAt, ...why } : {}))
        }
        case 'break-glass.reviewed':
          return change(entry.breakGlass, ({ review }) => (review ? {} : { review: { ...entry.vote, reviewedAt: entry.at } }))
        default:
      }
    },
    rules: () => [...rules.values()].toSorted((a, b) => order(a).localeCompare(order(b))),
    rule: (id) => rules.get(id),
    proposals: () => [...proposals.values()],
    proposal: (id) => proposals.get(id),
    openings: () => [...openings.values()].toReversed(),
    opening: (id) => openings.get(id),
    useOf: (approval) => openings.get(uses.get(approval) ?? ''),
  }
}

const order = ({ terms, id }: BreakGlassRule): string => `${terms.connection} ${terms.title} ${id}`
