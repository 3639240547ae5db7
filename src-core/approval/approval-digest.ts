import { createHash } from 'node:crypto'
import { approvalDigestInput, type ApprovalDigestInput } from '../../src-protocol/model.ts'
import { canonicalJson } from './canonical-json.ts'

/**
 * What a reviewer signs: SHA-256 (hex) over the canonical JSON of everything an approval is bound to. Fields that the
 * contract does not name are left out, so that nothing unsigned can seem signed; one that is missing throws.
 */
export function approvalDigest(input: ApprovalDigestInput): string {
  return createHash('sha256')
    .update(canonicalJson(approvalDigestInput.parse(input)))
    .digest('hex')
}
