import { createHash } from 'node:crypto'
import type { StepUpTerms, Vote } from '../../src-protocol/model.ts'

/** A fresh sign-in, as a vote carries it. */
export type StepUp = NonNullable<Vote['stepUp']>

/**
 * The nonce of the sign-in that a vote asks for: whoever gets hold of its ID token can use it for no other request and with no other key.
 * @param random so that no two sign-ins have the same
 */
export function stepUpNonce(request: { approval: string; digest: string; keyThumbprint: string }, random: string): string {
  const { approval, digest, keyThumbprint } = request
  const hash = createHash('sha256')
    .update(`gatehouse-step-up/v1\n${approval}\n${digest}\n${keyThumbprint}\n${random}\n`)
    .digest('base64url')
  return `${random}.${hash}`
}

/** Whether a nonce is one of this request and key. */
export function isStepUpNonce(nonce: string, request: Parameters<typeof stepUpNonce>[0]): boolean {
  return nonce === stepUpNonce(request, nonce.split('.')[0] ?? '')
}

/**
 * Whether a sign-in is fresh enough for a vote, and made in the way that is asked for.
 * @param slackMs how far the clocks of the two times may be apart
 * @returns what is wrong with it
 */
export function stepUpProblem(
  { maxAgeSeconds, acr }: StepUpTerms,
  stepUp: StepUp | undefined,
  votedAt: Date,
  slackMs: number,
): string | undefined {
  if (!stepUp) return 'there is none'
  const age = votedAt.getTime() - Date.parse(stepUp.at)
  // written so that a time that is no time (NaN) is out of bounds as well
  if (!(age <= maxAgeSeconds * 1000 + slackMs)) return 'it is too old'
  if (!(age >= -slackMs)) return 'it comes from the future'
  if (acr && !(stepUp.acr !== undefined && acr.includes(stepUp.acr))) return 'it was not made in the way that the rule asks for'
  return undefined
}
