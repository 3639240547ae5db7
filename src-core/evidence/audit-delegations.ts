import { createDelegationBook } from '../approval/delegation-book.ts'
import { verifyDelegationSignature } from '../approval/judge-delegation.ts'
import { problemOfStandIn } from '../approval/stand-in.ts'
import { longestDelegationDays } from '../../src-protocol/delegation.ts'
import type { LogEntry } from '../../src-protocol/log-entry.ts'

export type DelegationFindingCode = 'delegation-signature' | 'delegation-unknown' | 'vote-without-delegation'

type Report = (code: DelegationFindingCode, index: number, sentence: string) => void
type Of<K extends LogEntry['kind']> = Extract<LogEntry, { kind: K }>

/** between the moment at which the gateway decided and the one at which the entry was written */
const writingMs = 60_000

/**
 * Reads what a log says about who decides in whose place, and reports votes that were cast so without anybody having been named, and names that
 * nobody signed.
 */
export function createDelegationAudit(report: Report) {
  const book = createDelegationBook()

  function checkGiven(entry: Of<'delegation.given'>, index: number): void {
    const { delegation, delegator, delegate, input } = entry
    const same = input.delegation === delegation && input.delegator === delegator.sub && input.delegate === delegate.sub
    if (!same || !verifyDelegationSignature(entry)) {
      report('delegation-signature', index, `${delegation} is not signed by the key of ${delegator.sub}, who is said to have given it.`)
    }
    const lasts = Date.parse(input.until) - Date.parse(input.from)
    if (book.find(delegation) || delegator.sub === delegate.sub || !(lasts <= longestDelegationDays * 86_400_000)) {
      report('delegation-unknown', index, `${delegation} cannot have been given as the entry says.`)
    }
  }

  return {
    add(entry: LogEntry, index: number): void {
      if (entry.kind === 'delegation.given') checkGiven(entry, index)
      else if (entry.kind === 'delegation.ended' && !book.find(entry.delegation)) {
        report('delegation-unknown', index, `${entry.delegation} ended and was never given.`)
      }
      book.apply(entry)
    },
    /** @param requested when and by whom the approval was asked for */
    vote({ at, approval, vote }: Of<'approval.vote'>, requested: { at: string; requester: string }, index: number): void {
      const { person, onBehalfOf, groups = [] } = vote
      if (!onBehalfOf) return
      const delegation = book.find(onBehalfOf.delegation)
      const asked = { requestedAt: requested.at, requester: { sub: requested.requester, name: '', groups: [] } }
      const problem =
        delegation?.delegator.sub === onBehalfOf.sub && groups.every((group) => delegation.groups.includes(group))
          ? problemOfStandIn(delegation, { approval: asked, sub: person.sub, at: new Date(Date.parse(at) - writingMs) })
          : 'nobody was named for it'
      if (problem === undefined) return
      report('vote-without-delegation', index, `${person.sub} voted on ${approval} in the place of ${onBehalfOf.sub}: ${problem}.`)
    },
  }
}
