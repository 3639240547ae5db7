import { Button, Modal } from '@mantine/core'
import { Ban, Check } from 'lucide-react'
import { useState } from 'react'
import { decidingGroups, endsRequest } from '../../../src-core/approval/quorum.ts'
import type { Approval, Vote } from '../../../src-protocol/model.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { useDesktopState, usePerson } from '../../api/use-desktop-state.ts'
import { ErrorNote } from '../../components/error-state.tsx'
import { Facts } from '../../components/facts.tsx'
import { spokenDigest } from '../../components/hash.tsx'
import { ReasonButton } from '../../components/reason-button.tsx'
import { formatLength } from '../../components/time.ts'
import { approvalProgress } from './approval-progress.ts'
import { AwaitSignIn } from './await-sign-in.tsx'
import styles from './inbox.module.css'

interface ConfirmVoteProps {
  approval: Approval
  decision: 'approve' | 'deny'
  reason: string
  /** becomes set if the request is settled while the dialog is open */
  obstacle: string | undefined
  onClose: () => void
}

/** The last look before the key signs: the digest's short form, and what the decision does. */
export function ConfirmVote({ approval, decision, reason, obstacle, onClose }: ConfirmVoteProps) {
  // what the person saw when the dialog opened, whatever is pushed meanwhile
  const [digest] = useState(approval.digest)
  const vote = useDesktopMutation('approvals:vote', onClose)
  const { signIn } = useDesktopState()
  const awaitsBrowser = signIn.state === 'signed-in' && signIn.stepUp !== undefined
  // a vote that is on its way cannot be taken back; one that waits for the browser can
  const goBack = () => {
    if (!vote.isPending || awaitsBrowser) onClose()
  }
  const approve = decision === 'approve'
  const person = usePerson()
  const { digestInput, votes } = approval
  const { stepUp } = digestInput
  // as the gateway will count it
  const groups = decidingGroups(digestInput).filter((group) => person?.groups.includes(group))
  const own: Vote = { person: { sub: person?.sub ?? '', name: '' }, decision, reason, at: '', groups, signature: '', key: {} }
  const { given, needed } = approvalProgress({ digestInput, votes: [...votes, own] })
  const stillMissing = needed - given
  const ends = endsRequest(digestInput, own)
  return (
    <Modal opened onClose={goBack} title={approve ? 'Approve and sign?' : 'Deny and sign?'} size={480}>
      <div className={styles.confirm}>
        <div className={styles.bigDigest} title={digest}>
          {spokenDigest(digest)}
        </div>
        <Facts
          items={[
            {
              label: 'Call',
              value: (
                <>
                  <span className="mono">{approval.tool}</span> on <span className="medium">{approval.connection}</span>, for{' '}
                  {approval.requester.name}
                </>
              ),
            },
            { label: 'Reason', value: reason === '' ? <span className="t3">none</span> : `“${reason}”` },
            ...(approve && stepUp !== undefined
              ? [{ label: 'First', value: 'Your browser opens: sign in there again, for this request alone.' }]
              : []),
            {
              label: 'Then',
              value: approve
                ? stillMissing > 0
                  ? `Your approval counts. ${stillMissing === 1 ? 'One more is' : `${stillMissing} more are`} needed before it runs.`
                  : `It runs once, within ${formatLength(approval.digestInput.runWithinSeconds * 1000)}, byte for byte as shown. If anything changes, the approval is void.`
                : ends
                  ? 'The call is refused, and its client is told your reason.'
                  : 'Your denial is recorded. Only a denial by somebody with the veto ends the request.',
            },
          ]}
        />
        <AwaitSignIn />
        {vote.error !== null && vote.error.code !== 'SIGN_IN_CANCELLED' && <ErrorNote error={vote.error} />}
        <div className={styles.buttons}>
          <Button variant="quiet" onClick={goBack}>
            Go back
          </Button>
          <ReasonButton
            variant={approve ? 'filled' : 'danger'}
            reason={obstacle}
            loading={vote.isPending}
            leftSection={approve ? <Check aria-hidden /> : <Ban aria-hidden />}
            // the Enter that opened this dialog, held a moment too long, must not sign
            onKeyDown={(event) => {
              if (event.repeat) event.preventDefault()
            }}
            onClick={() => vote.mutate({ approval: approval.id, decision, reason, digest })}
            data-autofocus
          >
            {approve ? 'Sign and approve' : 'Sign and deny'}
          </ReasonButton>
        </div>
      </div>
    </Modal>
  )
}
