import type { HoldSelection, RetentionOverview, RetentionTerms } from '../../../src-protocol/retention.ts'

type NameOf = (sub: string) => string

/** What a hold keeps, in words. */
export function keptBy({ sessions, person, connection, endedFrom, endedBefore }: HoldSelection, nameOf: NameOf): string {
  const parts = [
    sessions && (sessions.length === 1 ? `session ${sessions[0]}` : `${sessions.length} sessions by id`),
    person !== undefined && `sessions of ${nameOf(person)}`,
    connection !== undefined && `on ${connection}`,
    endedFrom !== undefined && `ended from ${endedFrom.slice(0, 10)}`,
    endedBefore !== undefined && `ended before ${endedBefore.slice(0, 10)}`,
  ].filter((part) => typeof part === 'string')
  const text = parts.join(', ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** Why a recording that is due is still there. */
export const waitingWords: Record<NonNullable<RetentionOverview['next'][number]['waits']>, string> = {
  notice: 'the rule is new: its notice runs',
  clock: 'the log does not vouch for its age yet',
  share: 'enough were removed today',
  finding: 'it is not what was recorded: it stays',
  upkeep: 'it is still being worked on',
}

export const daysText = (days: number): string => (days === 1 ? '1 day' : `${days.toLocaleString('en')} days`)

/** For how long recordings are kept, connection by connection. */
export function ruleLines({ days, connections }: RetentionTerms): { label: string; value: string }[] {
  const own = Object.entries(connections).toSorted(([one], [other]) => one.localeCompare(other))
  return [
    ...own.map(([label, given]) => ({ label, value: given === 'keep' ? 'kept for good' : daysText(given) })),
    { label: own.length === 0 ? 'Every connection' : 'All others', value: days === undefined ? 'kept for good' : daysText(days) },
  ]
}
