import { describe, expect, test } from 'vitest'
import type { BreakGlassInput, BreakGlassTerms } from '../../src-protocol/break-glass.ts'
import { logEntry, type LogEntry } from '../../src-protocol/log-entry.ts'
import { approvalWith, after, voteOf, voter } from '../approval/testing/approval-fixture.ts'
import { breakGlassDigest, breakGlassVersion } from '../break-glass/break-glass-digest.ts'
import { createPopulationTables, populationColumns } from './population-tables.ts'
import { createLogAudit } from './audit-log-entries.ts'

const olivia = voter('olivia', ['operators'])
const dora = voter('dora')
const terms: BreakGlassTerms = {
  connection: 'customers-db' as BreakGlassTerms['connection'],
  title: 'Nights',
  people: ['olivia'],
  groups: [],
  tools: ['execute_sql'],
  maxMinutes: 20,
  acr: [],
  reviewers: ['dba'],
}
const base = { v: 1, at: after(0).toISOString() }
const ids = { rule: 'bgr_AAAAAAAAAAAAAAAA', breakGlass: 'bgl_AAAAAAAAAAAAAAAA' }
const version = breakGlassVersion(terms)
const rule = { ...base, kind: 'break-glass.rule', rule: ids.rule, terms, version, by: 'priya' }
const input = {
  v: 1,
  breakGlass: ids.breakGlass,
  person: 'olivia',
  connection: terms.connection,
  tools: terms.tools,
  rule: ids.rule,
  ruleVersion: version,
  minutes: 15,
  reason: 'the database is down, and nobody answers',
  reviewers: terms.reviewers,
} as BreakGlassInput
const signedBy = (who: typeof olivia, of: BreakGlassInput, more: object = {}) => ({
  ...voteOf(who, { ...approvalWith(), id: of.breakGlass as never, digest: breakGlassDigest(of) }, { reason: of.reason }),
  stepUp: { at: after(0).toISOString(), token: 'a'.repeat(64) },
  ...more,
})
const opened = (changed: object = {}, of: BreakGlassInput = input, statement: object = signedBy(olivia, of)) => ({
  ...base,
  kind: 'break-glass.opened',
  breakGlass: ids.breakGlass,
  digest: breakGlassDigest(of),
  input: of,
  person: { sub: 'olivia', name: 'olivia', groups: ['operators'] },
  ruleTitle: terms.title,
  startsAt: after(0).toISOString(),
  endsAt: after(900).toISOString(),
  statement,
  ...changed,
})
const held = approvalWith({}, { breakGlass: { rule: ids.rule as never, version } })
const about = { approval: held.id, digest: held.digest }
const requested = { ...base, kind: 'approval.requested', ...about, input: held.digestInput }
const used = (changed: object = {}) => ({
  ...base,
  at: after(60).toISOString(),
  kind: 'break-glass.used',
  breakGlass: ids.breakGlass,
  ...about,
  session: held.session,
  tool: held.tool,
  ...changed,
})
const executed = (at = after(61)) => ({ ...base, at: at.toISOString(), kind: 'approval.settled', ...about, state: 'executed' })
const ended = {
  ...base,
  at: after(300).toISOString(),
  kind: 'break-glass.ended',
  breakGlass: ids.breakGlass,
  person: 'olivia',
  connection: terms.connection,
  reason: 'by-owner',
  by: 'olivia',
}
const reviewed = (who = dora, more: object = {}) => {
  const vote = voteOf(who, { ...approvalWith(), id: ids.breakGlass as never, digest: breakGlassDigest(input) })
  return {
    ...base,
    kind: 'break-glass.reviewed',
    breakGlass: ids.breakGlass,
    digest: breakGlassDigest(input),
    person: 'olivia',
    connection: terms.connection,
    vote: { ...vote, ...more },
  }
}
const whole = [rule, opened(), requested, used(), executed(), ended]

function codesOf(drafts: object[]): string[] {
  const audit = createLogAudit()
  const entries: LogEntry[] = drafts.map((draft) => logEntry.parse(draft))
  entries.forEach((entry, index) => audit.add(entry, index))
  const about = audit.findings().filter(({ code }) => !code.startsWith('clock-'))
  return about.map(({ code, place }) => `${code} at ${place}`)
}
const without = (kind: string): object[] => whole.filter((entry) => (entry as { kind: string }).kind !== kind)
const more = (minutes: number): BreakGlassInput => ({ ...input, minutes })

test('every step of it is a row of the table of access, and its call says in the place of votes what it ran under', () => {
  const tables = createPopulationTables()
  const drafts = [...whole, reviewed()]
  drafts.forEach((draft, index) => tables.addEntry(logEntry.parse(draft), index))
  const rows: [string, unknown[]][] = []
  tables.finish((file, row) => void rows.push([file, [...row]]))
  const of = (file: string) => rows.filter(([name]) => name === file).map(([, row]) => row)
  expect(of('population/access.csv').map(([, act, person, , by, , index]) => [act, person, by, index])).toEqual([
    ['break-glass.rule', undefined, 'priya', 0],
    ['break-glass.opened', 'olivia', 'olivia', 1],
    ['break-glass.used', undefined, undefined, 3],
    ['break-glass.ended', 'olivia', 'olivia', 5],
    ['break-glass.reviewed', 'olivia', 'dora', 6],
  ])
  const approvedBy = populationColumns['population/approvals.csv'].indexOf('approved by')
  expect(of('population/approvals.csv')[0]?.[approvedBy]).toBe(ids.breakGlass)
})

describe('a log about break-glass', () => {
  test.for<[string, object[], string[]]>([
    ['is in order when it was opened, used, ended and reviewed', [...whole, reviewed()], []],
    ['is noted while nobody has reviewed it', whole, ['break-glass-unreviewed at entry 1']],
    [
      'is reported when a call ran that no entry joins to it',
      [...without('break-glass.used'), reviewed()],
      ['executed-without-approval at entry 3'],
    ],
    [
      'is reported when nobody opened it',
      [rule, requested, used(), executed()],
      ['break-glass-unknown at entry 2', 'executed-without-approval at entry 3'],
    ],
    ['is reported when the rule was not in force', [opened()], ['break-glass-unknown at entry 0']],
    [
      'is reported when a call ran after its time',
      [rule, opened(), requested, used(), executed(after(1000))],
      ['executed-without-approval at entry 4'],
    ],
    [
      'is reported when a call ran after it was closed',
      [rule, opened(), requested, used(), ended, executed(after(400)), reviewed()],
      ['executed-without-approval at entry 5'],
    ],
    [
      'is reported when it was used after its time',
      [rule, opened(), requested, used({ at: after(1000).toISOString() })],
      ['break-glass-beyond-rule at entry 3'],
    ],
    [
      'is reported when it lasts longer than its rule',
      [rule, opened({ endsAt: after(1300).toISOString() })],
      ['break-glass-beyond-rule at entry 1'],
    ],
    [
      'is reported when more was asked for than its rule allows',
      [rule, opened({ endsAt: after(1800).toISOString() }, more(30), signedBy(olivia, more(30)))],
      ['break-glass-beyond-rule at entry 1'],
    ],
    ['is reported when somebody else signed it', [rule, opened({}, input, signedBy(dora, input))], ['vote-signature at entry 1']],
    [
      'is reported when its reason was changed',
      [rule, { ...opened(), input: { ...input, reason: 'another reason of a good length' } }],
      ['break-glass-digest at entry 1'],
    ],
    [
      'is reported without a fresh sign-in',
      [rule, opened({}, input, signedBy(olivia, input, { stepUp: undefined }))],
      ['break-glass-beyond-rule at entry 1'],
    ],
    [
      'is reported when the rule names somebody else',
      [{ ...rule, terms: { ...terms, people: ['tomas'] }, version: breakGlassVersion({ ...terms, people: ['tomas'] }) }, opened()],
      ['break-glass-unknown at entry 1'],
    ],
    ['is reported when who opened it reviewed it', [...whole, reviewed(olivia)], ['vote-of-requester at entry 6']],
    [
      'is reported when the words of the review were changed',
      [...whole, reviewed(dora, { reason: 'all is well' })],
      ['vote-signature at entry 6'],
    ],
    ['is reported when one administrator agreed to the own rule', [{ ...rule, approvedBy: 'priya' }], ['vote-of-requester at entry 0']],
  ])('%s', ([, entries, codes]) => {
    expect(codesOf(entries)).toEqual(codes)
  })
})
