import { describe, expect, test } from 'vitest'
import type { AccessDigestInput, AccessTerms } from '../../src-protocol/access.ts'
import { logEntry, type LogEntry } from '../../src-protocol/log-entry.ts'
import { accessDigest, termsVersion } from '../access/access-digest.ts'
import { approvalWith, voteOf, voter, type Voter } from '../approval/testing/approval-fixture.ts'
import { createLogAudit } from './audit-log-entries.ts'

const at = '2026-11-23T10:00:00.000Z'
const terms: AccessTerms = {
  connection: 'orders-db' as AccessTerms['connection'],
  title: 'On call',
  groups: [],
  maxMinutes: 60,
  approvers: ['dba'],
  reasonRequired: true,
  ticketRequired: false,
}
const dana = voter('dana')
const olivia = voter('olivia')

const rule = (changed: Partial<AccessTerms> = {}, more: object = {}): object => {
  const whole = { ...terms, ...changed }
  return { kind: 'access.rule', rule: 'acr_AAAAAAAAAAAAAAAA', terms: whole, version: termsVersion(whole), by: 'priya', ...more }
}
const inputOf = (changed: Partial<AccessTerms> = {}): AccessDigestInput => ({
  v: 1,
  request: 'acq_AAAAAAAAAAAAAAAA' as AccessDigestInput['request'],
  nonce: 'n',
  requester: 'olivia',
  connection: terms.connection,
  rule: 'acr_AAAAAAAAAAAAAAAA' as AccessDigestInput['rule'],
  ruleVersion: termsVersion({ ...terms, ...changed }),
  minutes: 30,
  reason: 'INC-4127',
  approvers: changed.approvers ?? terms.approvers,
  decideBy: '2026-11-23T18:00:00.000Z',
})
const requester = { sub: 'olivia', name: 'Olivia', groups: ['operators'] }
const asked = (changed: Partial<AccessTerms> = {}): object => {
  const input = inputOf(changed)
  return { kind: 'access.requested', request: input.request, requester, ruleTitle: terms.title, digest: accessDigest(input), input }
}
const granted = (by: Voter | undefined = dana, changed: object = {}, of: Partial<AccessTerms> = {}): object => {
  const input = inputOf(of)
  const digest = accessDigest(input)
  const approval = { ...approvalWith(), id: input.request as never, digest }
  return {
    kind: 'access.granted',
    request: input.request,
    digest,
    grant: 'acg_AAAAAAAAAAAAAAAA',
    person: 'olivia',
    connection: terms.connection,
    startsAt: at,
    endsAt: '2026-11-23T10:30:00.000Z',
    ...(by && { vote: voteOf(by, approval) }),
    ...changed,
  }
}
const open = (changed: object = {}): object => ({
  kind: 'session.open',
  session: 'ses_AAAAAAAAAAAAAAAA',
  counter: 1,
  person: 'olivia',
  connection: terms.connection,
  policyVersion: 'p',
  maskingVersion: 'm',
  grant: 'acg_AAAAAAAAAAAAAAAA',
  ...changed,
})
const closed = (endReason: string): object => ({
  kind: 'session.close',
  session: 'ses_AAAAAAAAAAAAAAAA',
  count: 2,
  root: 'a'.repeat(64),
  endReason,
})
const ended = { kind: 'access.ended', grant: 'acg_AAAAAAAAAAAAAAAA', person: 'olivia', connection: terms.connection, reason: 'revoked' }
const noVote = { vote: undefined }

function codesOf(drafts: object[]): string[] {
  const audit = createLogAudit()
  const entries: LogEntry[] = drafts.map((draft) => logEntry.parse({ v: 1, at, ...draft }))
  entries.forEach((entry, index) => audit.add(entry, index))
  const expected = new Set(['gateway-stopped', 'session-open'])
  return audit
    .findings()
    .filter(({ code }) => !expected.has(code))
    .map(({ code, place }) => `${code} at ${place}`)
}

describe('a log about access is in order when', () => {
  test.for<[string, object[]]>([
    ['it was asked for, approved, used, and ended', [rule(), asked(), granted(), open(), closed('expired'), ended]],
    [
      'the rule demands no approval',
      [rule({ approvers: [] }), asked({ approvers: [] }), granted(undefined, noVote, { approvers: [] }), open()],
    ],
    ['no rule guards the connection', [open({ grant: undefined })]],
    ['a rule came into force while a session was opened, and ended it', [rule(), open({ grant: undefined }), closed('access-ended')]],
    ['a rule is changed', [rule(), rule({ maxMinutes: 10 }, { before: termsVersion(terms) })]],
  ])('%s', ([, entries]) => {
    expect(codesOf(entries)).toEqual([])
  })
})

const friday = { zone: 'Etc/UTC', windows: [{ days: ['friday' as const], from: '09:00', to: '17:00' }] }
const untilTen = { zone: 'Etc/UTC', windows: [{ days: ['monday' as const], from: '09:00', to: '10:10' }] }

describe('a log about access is reported when', () => {
  test.for<[string, object[], string[]]>([
    ['nobody asked', [rule(), granted()], ['access-unknown at entry 1']],
    ['it was given twice', [rule(), asked(), granted(), granted()], ['access-unknown at entry 3']],
    ['nobody approved', [rule(), asked(), granted(undefined, noVote)], ['access-without-approval at entry 2']],
    ['the requester approved', [rule(), asked(), granted(olivia)], ['vote-of-requester at entry 2', 'access-without-approval at entry 2']],
    ['the decision was changed', [rule(), asked(), granted(dana, forged())], ['vote-signature at entry 2']],
    ['it lasts too long', [rule(), asked(), granted(dana, { endsAt: '2026-11-23T10:31:00.000Z' })], ['access-beyond-rule at entry 2']],
    [
      'the rule was closed',
      [rule({ schedule: friday }), asked({ schedule: friday }), granted(dana, {}, { schedule: friday })],
      ['access-beyond-rule at entry 2'],
    ],
    [
      'it lasts beyond a window',
      [rule({ schedule: untilTen }), asked({ schedule: untilTen }), granted(dana, {}, { schedule: untilTen })],
      ['access-beyond-rule at entry 2'],
    ],
    ['what was asked for was changed', [rule(), { ...asked(), digest: 'a'.repeat(64) }], ['access-digest at entry 1']],
    ['the rule is not its version', [rule({}, { version: 'a'.repeat(64) })], ['access-digest at entry 0']],
    ['a rule was another one before', [rule({}, { before: 'a'.repeat(64) })], ['access-unknown at entry 0']],
    [
      'the rule was removed',
      [
        rule(),
        asked(),
        { kind: 'access.rule-removed', rule: 'acr_AAAAAAAAAAAAAAAA', connection: terms.connection, by: 'priya' },
        granted(),
      ],
      ['access-unknown at entry 3'],
    ],
    ['a session began without access', [rule(), open({ grant: undefined }), closed('expired')], ['session-without-access at entry 1']],
    [
      'a session began with somebody else’s access',
      [rule(), asked(), granted(), open({ person: 'mallory' })],
      ['session-without-access at entry 3'],
    ],
    ['a session began after the access had ended', [rule(), asked(), granted(), ended, open()], ['session-without-access at entry 4']],
    ['access ended that nobody had', [ended], ['access-unknown at entry 0']],
  ])('%s', ([, entries, codes]) => {
    expect(codesOf(entries)).toEqual(codes)
  })
})

function forged(): object {
  const { vote } = granted() as { vote: object }
  return { vote: { ...vote, reason: 'another reason' } }
}
