import { createHash, createPublicKey, verify } from 'node:crypto'
import { z } from 'zod'
import { voteText } from '../../src-protocol/vote-text.ts'
import type { Vote } from '../../src-protocol/model.ts'
import { canonicalJson } from './canonical-json.ts'

/** A public ES256 key, and nothing else: a key with its private part in it is refused. */
const publicKey = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  y: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  d: z.undefined().optional(),
})

/** RFC 7638, SHA-256, base64url; undefined if it is not a public ES256 key. */
export function keyThumbprint(key: unknown): string | undefined {
  const checked = publicKey.safeParse(key)
  if (!checked.success) return undefined
  const { crv, kty, x, y } = checked.data
  return createHash('sha256').update(canonicalJson({ crv, kty, x, y })).digest('base64url')
}

type SignedVote = Parameters<typeof signedVoteText>[1] & Pick<Vote, 'signature' | 'key'>

/** The text under a vote's signature. */
export function signedVoteText(
  approval: { id: string; digest: string },
  vote: Pick<Vote, 'person' | 'decision' | 'reason' | 'at'> & { onBehalfOf?: { sub: string; delegation: string } | undefined },
): string {
  return voteText({
    approval: approval.id,
    digest: approval.digest,
    decision: vote.decision,
    reasonSha256: createHash('sha256').update(vote.reason, 'utf8').digest('hex'),
    sub: vote.person.sub,
    onBehalfOf: vote.onBehalfOf,
    at: vote.at,
  })
}

/**
 * Whether the key in the vote signed exactly this vote on exactly this approval; offline too. Whose key it is, the
 * vote cannot say: when it was cast, the gateway held it against the key of the voter's access token.
 */
export const verifyVoteSignature = (approval: { id: string; digest: string }, vote: SignedVote): boolean =>
  verifySignedText(vote.key, signedVoteText(approval, vote), vote.signature)

/** Whether a key signed a text; false for whatever is not a public ES256 key. */
export function verifySignedText(key: unknown, text: string, signature: string): boolean {
  const checked = publicKey.safeParse(key)
  return checked.success && verifyWith(checked.data, text, signature)
}

/** The same for the signature with the voter's lasting key. Whose key it is, a list has to say. */
export function verifyReviewerSignature(approval: { id: string; digest: string }, vote: Vote): boolean {
  const [, x, y] = vote.reviewer?.key.split('.') ?? []
  if (!vote.reviewer || x === undefined || y === undefined) return false
  return verifyWith({ kty: 'EC', crv: 'P-256', x, y }, signedVoteText(approval, vote), vote.reviewer.signature)
}

/** `signature`: base64url of 64 bytes, r and s (IEEE P1363). */
function verifyWith({ crv, kty, x, y }: z.infer<typeof publicKey>, text: string, signature: string): boolean {
  if (!/^[A-Za-z0-9_-]{86}$/.test(signature)) return false
  try {
    const key = createPublicKey({ key: { crv, kty, x, y }, format: 'jwk' })
    return verify('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))
  } catch {
    return false // x and y are not on the curve
  }
}
