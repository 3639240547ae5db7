import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { voteText } from '../../../src-protocol/vote-text.ts'
import type { VoteRequest } from '../../../src-protocol/http-requests.ts'
import type { LogEntry } from '../../../src-protocol/log-entry.ts'
import { approvalDigestInput, type Approval, type ApprovalDigestInput, type Person, type Vote } from '../../../src-protocol/model.ts'
import { approvalDigest } from '../approval-digest.ts'
import { keyThumbprint } from '../vote-signature.ts'

/** Real keys and real signatures for tests; the request is made at `start`. */
export const start = new Date('2026-11-22T10:00:00.000Z')
export const after = (seconds: number): Date => new Date(start.getTime() + seconds * 1000)

export interface Voter {
  person: Person
  privateKey: KeyObject
  key: Record<string, unknown>
  thumbprint: string
}

export function voter(sub: string, groups: string[] = ['dba']): Voter {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = { ...publicKey.export({ format: 'jwk' }) }
  return { person: { sub, name: sub, groups, roles: ['reviewer'] }, privateKey, key, thumbprint: keyThumbprint(key) ?? '' }
}

export const digestInput: ApprovalDigestInput = approvalDigestInput.parse({
  v: 1,
  approval: 'apr_0123456789abcdef',
  nonce: 'n0nce',
  session: 'ses_0123456789abcdef',
  requester: 'olivia',
  connection: 'customers-db',
  server: 'database',
  method: 'tools/call',
  tool: 'execute_sql',
  toolDefinitionHash: 'a'.repeat(64),
  argumentsHash: 'b'.repeat(64),
  argumentsBytes: 42,
  policyVersion: 'c'.repeat(64),
  rule: 'schema-change',
  decideBy: after(900).toISOString(),
  runWithinSeconds: 300,
  groups: ['dba', 'lead'],
  approvals: 1,
})

export function approvalWith(changed: Partial<Approval> = {}, changedInput: Partial<ApprovalDigestInput> = {}): Approval {
  const input = { ...digestInput, ...changedInput }
  return {
    id: input.approval,
    state: 'pending',
    digest: approvalDigest(input),
    digestInput: input,
    requester: { sub: 'olivia', name: 'Olivia', groups: ['operators', 'dba'] },
    connection: input.connection,
    session: input.session,
    sessionReason: 'ticket 4711',
    tool: input.tool,
    argumentsText: '{"sql":"DROP TABLE a"}',
    argumentsMasks: [],
    warnings: [],
    rule: input.rule,
    because: 'Schema changes need a DBA.',
    policyVersion: input.policyVersion,
    reasonRequired: true,
    requestedAt: start.toISOString(),
    decideBy: input.decideBy,
    votes: [],
    before: [],
    similar: [],
    ...changed,
  }
}

export function voteRequestOf(by: Voter, approval: Approval, changed: Partial<VoteRequest> = {}): VoteRequest {
  const vote = { decision: 'approve' as const, reason: 'looked at it', digest: approval.digest, at: after(60).toISOString(), ...changed }
  const text = voteText({
    approval: approval.id,
    digest: vote.digest,
    decision: vote.decision,
    reasonSha256: createHash('sha256').update(vote.reason).digest('hex'),
    sub: by.person.sub,
    onBehalfOf: changed.onBehalfOf,
    at: vote.at,
  })
  const signature = sign('sha256', Buffer.from(text), { key: by.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')
  return { key: by.key, signature, ...vote }
}

export function voteOf(by: Voter, approval: Approval, changed: Partial<VoteRequest> = {}): Vote {
  const { decision, reason, at, signature, key } = voteRequestOf(by, approval, changed)
  return { person: { sub: by.person.sub, name: by.person.name }, decision, reason, at, signature, key }
}

/** What the log holds of an approval that came about as it says. */
export function loggedOf({ id, digest, digestInput: input, votes }: Approval): LogEntry[] {
  const base = { v: 1 as const, at: start.toISOString() }
  const cast = votes.map((vote): LogEntry => ({ ...base, kind: 'approval.vote', approval: id, digest, vote }))
  return [{ ...base, kind: 'approval.requested', approval: id, digest, input }, ...cast]
}
