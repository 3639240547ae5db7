import { createHash } from 'node:crypto'
import { timestampOf, type Clock } from '../../../src-node/clock.ts'
import { AppError } from '../../../src-protocol/app-error.ts'
import { voteText } from '../../../src-protocol/vote-text.ts'
import type { VoteRequest } from '../../../src-protocol/http-requests.ts'
import type { ApprovalId } from '../../../src-protocol/ids.ts'
import type { Approval, Vote } from '../../../src-protocol/model.ts'
import type { DesktopIdentity } from '../identity.ts'

export interface VotePorts {
  identity: Pick<DesktopIdentity, 'state' | 'sign' | 'stepUp'>
  clock: Clock
  /** the lasting key signs the same, if there is one */
  reviewerKey?: { sign(text: string): Vote['reviewer'] }
  send(request: VoteRequest & { id: ApprovalId }): Promise<Approval>
}

export interface Ballot {
  approval: ApprovalId
  decision: 'approve' | 'deny'
  reason: string
  /** what the person saw */
  digest: string
  /** in whose place, and by which delegation */
  onBehalfOf?: VoteRequest['onBehalfOf']
}

/**
 * Signs with the key of the sign-in. Where the gateway asks for a fresh sign-in, the system browser opens, and the vote is signed and sent
 * once more with its proof.
 */
export async function castVote(ports: VotePorts, ballot: Ballot): Promise<Approval> {
  try {
    return await ports.send(await sign(ports, ballot))
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'STEP_UP_REQUIRED') throw error
    const { approval, digest } = ballot
    const { maxAgeSeconds, acr } = error.data
    const stepUp = await ports.identity.stepUp({ approval, digest, maxAgeSeconds: Number(maxAgeSeconds), acr: String(acr) })
    return ports.send({ ...(await sign(ports, ballot)), stepUp })
  }
}

async function sign({ identity, clock, reviewerKey }: VotePorts, ballot: Ballot): Promise<VoteRequest & { id: ApprovalId }> {
  if (identity.state.state !== 'signed-in') throw new AppError('SIGN_IN_REQUIRED')
  const { approval, decision, reason, digest, onBehalfOf } = ballot
  const at = timestampOf(clock.now())
  const reasonSha256 = createHash('sha256').update(reason, 'utf8').digest('hex')
  const text = voteText({ approval, digest, decision, reasonSha256, sub: identity.state.person.sub, onBehalfOf, at })
  const { signature, key } = await identity.sign(text)
  const reviewer = reviewerKey?.sign(text)
  return {
    id: approval,
    decision,
    reason,
    digest,
    at,
    signature,
    key: { ...key },
    ...(onBehalfOf && { onBehalfOf }),
    ...(reviewer && { reviewer }),
  }
}
