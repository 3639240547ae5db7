/** What an agent makes of a statement that the glass was broken: real keys, whatever the gateway says. */
import { expect, test } from 'vitest'
import { createHash, sign } from 'node:crypto'
import type { TrustedBreakGlass } from '../../src-protocol/approval-proof.ts'
import type { BreakGlassInput } from '../../src-protocol/break-glass.ts'
import { voteText } from '../../src-protocol/vote-text.ts'
import type { ApprovalDigestInput } from '../../src-protocol/model.ts'
import { digestInput, voter } from '../approval/testing/approval-fixture.ts'
import { breakGlassDigest } from './break-glass-digest.ts'
import { checkStatement } from './check-statement.ts'

const start = Date.parse('2026-11-22T10:00:00.000Z')
const after = (minutes: number): Date => new Date(start + minutes * 60_000)
const olivia = voter('olivia')
const mallory = voter('mallory')
const keyOf = ({ key }: typeof olivia): string => `ES256.${String(key['x'])}.${String(key['y'])}`

const rule = { rule: 'bgr_AAAAAAAAAAAAAAAA', version: 'd'.repeat(64) }
const held = { ...digestInput, breakGlass: rule } as ApprovalDigestInput
const trusted: TrustedBreakGlass[] = [
  {
    connection: digestInput.connection,
    tools: ['execute_*'],
    maxMinutes: 20,
    people: [{ sub: 'olivia', name: 'Olivia', keys: [keyOf(olivia)] }],
  },
]
const opened = (changed: Partial<BreakGlassInput> = {}): BreakGlassInput => ({
  v: 1,
  breakGlass: 'bgl_AAAAAAAAAAAAAAAA' as BreakGlassInput['breakGlass'],
  person: 'olivia',
  connection: digestInput.connection,
  tools: ['execute_sql'],
  rule: rule.rule as BreakGlassInput['rule'],
  ruleVersion: rule.version,
  minutes: 15,
  reason: 'the database is down, and nobody answers',
  reviewers: ['dba'],
  ...changed,
})

interface Forgery {
  opened?: Partial<BreakGlassInput>
  held?: Partial<ApprovalDigestInput>
  trusted?: TrustedBreakGlass[]
  by?: typeof olivia
  now?: Date
  /** of what is sent, after it was signed */
  after?: Partial<BreakGlassInput>
  unsigned?: boolean
}

function check(forgery: Forgery = {}) {
  const input = opened(forgery.opened)
  const by = forgery.by ?? olivia
  const at = after(0).toISOString()
  const reasonSha256 = createHash('sha256').update(input.reason).digest('hex')
  const digest = breakGlassDigest(input)
  const text = voteText({ approval: input.breakGlass, digest, decision: 'approve', reasonSha256, sub: input.person, at })
  const signature = sign('sha256', Buffer.from(text), { key: by.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')
  const statement = {
    person: { sub: input.person, name: 'Olivia' },
    decision: 'approve' as const,
    reason: input.reason,
    at,
    signature,
    key: by.key,
    ...(!forgery.unsigned && { reviewer: { key: keyOf(by), signature } }),
  }
  const checked = checkStatement({
    input: { ...held, ...forgery.held },
    statement: { input: { ...input, ...forgery.after }, statement },
    trusted: forgery.trusted ?? trusted,
    now: forgery.now ?? after(5),
  })
  return checked.ok ? 'runs' : checked.reason
}

test.for<[string, Forgery, string]>([
  ['runs', {}, 'runs'],
  ['runs until its end, and no longer', { now: after(17.01) }, 'expired'],
  ['is not open from the future', { now: after(-3) }, 'expired'],
  ['is open for no longer than the signed list says', { opened: { minutes: 60 }, now: after(23) }, 'expired'],
  ['is refused where the request does not say that it may be broken', { held: { breakGlass: undefined } }, 'break-glass-not-allowed'],
  ['is refused where the signed list names nobody', { trusted: [] }, 'break-glass-not-allowed'],
  [
    'is refused for another connection of the list',
    { held: { connection: 'other' as never }, opened: { connection: 'other' as never } },
    'break-glass-not-allowed',
  ],
  ['is refused for a tool that is not on the list', { held: { tool: 'drop' }, opened: { tools: ['drop'] } }, 'break-glass-not-allowed'],
  [
    'is refused for a person who is not on the list',
    { held: { requester: 'mallory' }, opened: { person: 'mallory' }, by: mallory },
    'break-glass-not-allowed',
  ],
  ['is refused when somebody else opened it', { opened: { person: 'mallory' } }, 'break-glass-other'],
  ['is refused for a tool that was not opened', { opened: { tools: ['query'] } }, 'break-glass-other'],
  ['is refused for another connection than was opened', { opened: { connection: 'other' as never } }, 'break-glass-other'],
  ['is refused by another rule', { opened: { ruleVersion: 'e'.repeat(64) } }, 'break-glass-other'],
  ['is refused for what is no call of a tool', { held: { method: 'resources/read' } }, 'break-glass-other'],
  ['is refused with a key that is not signed for the person', { by: mallory }, 'unknown-key'],
  ['is refused with the key of a sign-in alone', { unsigned: true }, 'unknown-key'],
  ['is refused when more time was signed in afterwards', { after: { minutes: 20 } }, 'signature-invalid'],
  ['is refused when the reason was changed', { after: { reason: 'something else that is long enough' } }, 'signature-invalid'],
])('a broken glass %s', ([, forgery, outcome]) => {
  expect(check(forgery)).toBe(outcome)
})
