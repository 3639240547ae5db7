/** Two reviewers have to agree: one cannot be both, and a vote cannot be used twice. */
import { createHash } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { voteText } from '../../src-protocol/vote-text.ts'
import type { Approval } from '../../src-protocol/model.ts'
import { castVote, exchange, openEcho, policyText, rpcOf, signInAs, toolCall, until, type ClientExchange } from './gateway-harness.ts'
import { useTestGateway } from './use-test-gateway.ts'

const twoReviewers = `${policyText}
  - id: grave-reviewed
    owner: dba
    match: { connections: ['*'], tools: [grave] }
    effect: review
    review: { groups: [dba], approvals: 2, decideWithin: 15m, runWithin: 5m, reasonRequired: true }
    because: Grave calls need two DBAs.
`

const the = useTestGateway({
  people: ['operator', 'reviewer', 'second'],
  limits: { holdSeconds: 600 },
  accounts: [{ user: 'second', name: 'Ana Reis', email: 'ana.reis@example.com', groups: ['dba'] }],
})
beforeAll(async () => {
  await the.admin.api.call('activatePolicy', { kind: 'policy', text: twoReviewers })
})

async function hold(marker: string): Promise<{ call: ClientExchange; approval: Approval }> {
  const session = await openEcho(the.operator)
  const call = exchange(the.operator, session.id, toolCall('grave', { marker }))
  const asked = async () => (await the.reviewer.api.call('approvals')).approvals.find((approval) => approval.session === session.id)
  await until(async () => (await asked()) !== undefined, 'approval is asked for')
  return { call, approval: (await asked()) as Approval }
}

const ran = (marker: string): number => the.agent.received.filter(({ text }) => text.includes(marker)).length
const stateOf = async ({ id }: Approval) => (await the.operator.api.call('approval', { id })).state

test('one reviewer approves twice: the second time is refused, and the call goes on waiting for somebody else', async () => {
  const { call, approval } = await hold('twice')
  expect(await castVote(the.reviewer, approval, 'approve')).toMatchObject({ state: 'pending' })
  await expect(castVote(the.reviewer, approval, 'approve')).rejects.toMatchObject({ code: 'APPROVAL_ALREADY_VOTED' })
  // neither another sign-in of the same person nor a change of mind makes it a second opinion
  const again = await signInAs(the.gateway.url, 'reviewer')
  await expect(castVote(again, approval, 'approve')).rejects.toMatchObject({ code: 'APPROVAL_ALREADY_VOTED' })
  await expect(castVote(again, approval, 'deny')).rejects.toMatchObject({ code: 'APPROVAL_ALREADY_VOTED' })
  again.leave()
  expect(await stateOf(approval)).toBe('pending')
  expect(ran('twice')).toBe(0)

  expect(await castVote(the.second, approval, 'approve')).toMatchObject({ state: 'approved' })
  expect(rpcOf(await call.done).result?.content[0]?.text).toContain('twice')
  expect(ran('twice')).toBe(1)
  await expect(castVote(the.reviewer, approval, 'approve')).rejects.toMatchObject({
    code: 'APPROVAL_NOT_PENDING',
    data: { state: 'executed' },
  })
  expect(ran('twice')).toBe(1)
})

test('a signed vote that somebody copied is worth nothing: not for them, and not for another request', async () => {
  const first = await hold('copied-from')
  const other = await hold('copied-to')
  const { person } = await the.reviewer.api.call('me')
  const at = new Date().toISOString()
  const reason = 'looked at it'
  const { digest, id } = first.approval
  const reasonSha256 = createHash('sha256').update(reason).digest('hex')
  const signed = await the.reviewer.identity.sign(
    voteText({ approval: id, digest, decision: 'approve', reasonSha256, sub: person.sub, at }),
  )
  const vote = { decision: 'approve' as const, reason, digest, at, signature: signed.signature, key: { ...signed.key } }

  const refused = { code: 'APPROVAL_SIGNATURE_INVALID' }
  await expect(the.second.api.call('vote', { ...vote, id })).rejects.toMatchObject(refused)
  await expect(the.reviewer.api.call('vote', { ...vote, id: other.approval.id })).rejects.toMatchObject(refused)
  await expect(the.reviewer.api.call('vote', { ...vote, id: other.approval.id, digest: other.approval.digest })).rejects.toMatchObject(
    refused,
  )
  await expect(the.reviewer.api.call('vote', { ...vote, id, decision: 'deny' })).rejects.toMatchObject(refused)
  expect((await the.reviewer.api.call('approval', { id: other.approval.id })).votes).toEqual([])
  // as it was signed, for what it was signed, it counts
  expect((await the.reviewer.api.call('vote', { ...vote, id })).votes).toHaveLength(1)

  for (const { call, approval } of [first, other]) {
    await the.operator.api.call('withdraw', { id: approval.id })
    await call.done
  }
  expect(ran('copied')).toBe(0)
})
