import type { Approval } from '../../src-protocol/model.ts'
import { approvalDigest } from './approval-digest.ts'
import { shownHash } from './shown-hash.ts'

/**
 * Whether what a reviewer is shown of a request is what the digest covers, so that a key never signs one call while another is on the
 * screen. Arguments and tool definition are in the digest as hashes that only the gateway can compute; what is shown of them, and
 * everything else, is compared here. Requests of before had no hash of what is shown.
 */
export function fitsItsDigest(approval: Approval): boolean {
  const { digest, digestInput } = approval
  return (
    approvalDigest(digestInput) === digest &&
    digestInput.approval === approval.id &&
    digestInput.session === approval.session &&
    digestInput.requester === approval.requester.sub &&
    digestInput.connection === approval.connection &&
    digestInput.tool === approval.tool &&
    digestInput.rule === approval.rule &&
    digestInput.policyVersion === approval.policyVersion &&
    digestInput.decideBy === approval.decideBy &&
    (digestInput.shown === undefined || digestInput.shown === shownHash(approval))
  )
}
