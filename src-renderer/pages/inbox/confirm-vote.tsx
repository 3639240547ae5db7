import { useState } from 'react'
import { decidingGroups, endsRequest } from '../../../src-core/approval/quorum.ts'
import type { Delegation } from '../../../src-protocol/delegation.ts'
import type { Approval, Vote } from '../../../src-protocol/model.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { useDesktopState, usePerson } from '../../api/use-desktop-state.ts'
import { formatLength } from '../../components/time.ts'
import { approvalProgress } from './approval-progress.ts'
import { AwaitSignIn } from './await-sign-in.tsx'
import { ConfirmSignature } from './confirm-signature.tsx'

interface ConfirmVoteProps {
  approval: Approval
  decision: 'approve' | 'deny'
  reason: string
  /** in whose place the person decides */
  place: Delegation | undefined
  /** becomes set if the request is settled while the dialog is open */
  obstacle: string | undefined
  onClose: () => void
}

/** The last look before the key signs: the digest's short form, and what the decision does. */
export function ConfirmVote({ approval, decision, reason, place, obstacle, onClose }: ConfirmVoteProps) {
  // what the person saw when the dialog opened, whatever is pushed meanwhile
  const [digest] = useState(approval.digest)
  const vote = useDesktopMutation('approvals:vote', onClose)
  const { signIn } = useDesktopState()
  const approve = decision === 'approve'
  const person = usePerson()
  const { digestInput, votes } = approval
  const { stepUp } = digestInput
  // as the gateway will count it
  const groups = decidingGroups(digestInput).filter((group) => (place ?? person)?.groups.includes(group))
  const inPlace = place && { onBehalfOf: { ...place.delegator, delegation: place.id } }
  const own: Vote = { person: { sub: person?.sub ?? '', name: '' }, ...inPlace, decision, reason, at: '', groups, signature: '', key: {} }
  const { given, needed } = approvalProgress({ digestInput, votes: [...votes, own] })
  const stillMissing = needed - given
  const ends = endsRequest(digestInput, own)
  return (
    <ConfirmSignature
      decision={decision}
      digest={digest}
      subject={{
        label: 'Call',
        value: (
          <>
            <span className="mono">{approval.tool}</span> on <span className="medium">{approval.connection}</span>, for{' '}
            {approval.requester.name}
            {place !== undefined && (
              <>
                . In the place of <span className="medium">{place.delegator.name}</span>: your one vote takes both places.
              </>
            )}
          </>
        ),
      }}
      reason={reason}
      first={approve && stepUp !== undefined ? 'Your browser opens: sign in there again, for this request alone.' : undefined}
      then={
        approve
          ? stillMissing > 0
            ? `Your approval counts. ${stillMissing === 1 ? 'One more is' : `${stillMissing} more are`} needed before it runs.`
            : `It runs once, within ${formatLength(approval.digestInput.runWithinSeconds * 1000)}, byte for byte as shown. If anything changes, the approval is void.`
          : ends
            ? 'The call is refused, and its client is told your reason.'
            : 'Your denial is recorded. Only a denial by somebody with the veto ends the request.'
      }
      obstacle={obstacle}
      signing={vote.isPending}
      revocable={signIn.state === 'signed-in' && signIn.stepUp !== undefined}
      error={vote.error?.code === 'SIGN_IN_CANCELLED' ? null : vote.error}
      onSign={() => vote.mutate({ approval: approval.id, decision, reason, digest, ...(place && behalfOf(place)) })}
      onClose={onClose}
    >
      <AwaitSignIn />
    </ConfirmSignature>
  )
}

/** What the key signs of it. */
export const behalfOf = ({ id, delegator }: Delegation) => ({ onBehalfOf: { sub: delegator.sub, delegation: id } })
