import { createHash } from 'node:crypto'
import { accessDigestInput, accessTerms, type AccessDigestInput, type AccessRequest, type AccessTerms } from '../../src-protocol/access.ts'
import { canonicalJson } from '../approval/canonical-json.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** What a reviewer of a request signs: SHA-256 (hex) over the canonical JSON of everything that is asked for. */
export const accessDigest = (input: AccessDigestInput): string => sha256(canonicalJson(accessDigestInput.parse(input)))

/** A rule's version: its terms. */
export const termsVersion = (terms: AccessTerms): string => sha256(canonicalJson(accessTerms.parse(terms)))

/** Whether what a reviewer is shown of a request is what its digest covers. */
export function accessFitsItsDigest(request: AccessRequest): boolean {
  const { digest, digestInput } = request
  return (
    accessDigest(digestInput) === digest &&
    digestInput.request === request.id &&
    digestInput.requester === request.requester.sub &&
    digestInput.connection === request.connection &&
    digestInput.minutes === request.minutes &&
    digestInput.reason === request.reason &&
    digestInput.ticket === request.ticket &&
    digestInput.decideBy === request.decideBy
  )
}
