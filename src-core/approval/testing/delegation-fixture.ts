import { sign } from 'node:crypto'
import { delegationInput, delegationText, type Delegation, type DelegationInput } from '../../../src-protocol/delegation.ts'
import type { LogEntry } from '../../../src-protocol/log-entry.ts'
import { delegationDigest } from '../judge-delegation.ts'
import { after, type Voter } from './approval-fixture.ts'

/** A day before the request of the approval fixture, until a day after it. */
export const delegationFrom = (from: Voter, to: Voter, changed: Partial<DelegationInput> = {}): DelegationInput =>
  delegationInput.parse({
    v: 1,
    delegation: 'dlg_0123456789abcdef',
    delegator: from.person.sub,
    delegate: to.person.sub,
    groups: from.person.groups,
    from: after(-86_400).toISOString(),
    until: after(86_400).toISOString(),
    reason: 'on leave',
    ...changed,
  })

/** The entry that gives it, signed by its delegator. */
export function givenEntry(from: Voter, to: Voter, input: DelegationInput, at = after(-86_400).toISOString()) {
  const digest = delegationDigest(input)
  const text = delegationText({ delegation: input.delegation, digest, sub: input.delegator, at })
  const signature = sign('sha256', Buffer.from(text), { key: from.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')
  const named = ({ person: { sub, name } }: Voter) => ({ sub, name })
  return {
    v: 1,
    at,
    kind: 'delegation.given',
    delegation: input.delegation,
    delegator: named(from),
    delegate: named(to),
    digest,
    input,
    signedAt: at,
    signature,
    key: from.key,
  } as const satisfies LogEntry
}

export const delegationOf = (from: Voter, to: Voter, changed: Partial<Delegation> = {}): Delegation => {
  const { delegation: id, groups, from: begin, until, reason } = delegationFrom(from, to)
  const named = ({ person: { sub, name } }: Voter) => ({ sub, name })
  const given = { id, delegator: named(from), delegate: named(to), groups, from: begin, until, reason, givenAt: begin }
  return { ...given, ...changed }
}
