import { Button, Modal } from '@mantine/core'
import { Ban, Check } from 'lucide-react'
import { useState } from 'react'
import type { Approval } from '../../../src-protocol/model.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { ErrorNote } from '../../components/error-state.tsx'
import { Facts } from '../../components/facts.tsx'
import { spokenDigest } from '../../components/hash.tsx'
import { ReasonButton } from '../../components/reason-button.tsx'
import { formatLength } from '../../components/time.ts'
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
  const approve = decision === 'approve'
  return (
    <Modal opened onClose={onClose} title={approve ? 'Approve and sign?' : 'Deny and sign?'} size={480}>
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
            {
              label: 'Then',
              value: approve
                ? `It runs once, within ${formatLength(approval.digestInput.runWithinSeconds * 1000)}, byte for byte as shown. If anything changes, the approval is void.`
                : 'The call is refused, and its client is told your reason.',
            },
          ]}
        />
        {vote.error !== null && <ErrorNote error={vote.error} />}
        <div className={styles.buttons}>
          <Button variant="quiet" onClick={onClose}>
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
