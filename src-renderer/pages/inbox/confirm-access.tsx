import { Button, Modal } from '@mantine/core'
import { Ban, Check } from 'lucide-react'
import { useState } from 'react'
import type { AccessRequest } from '../../../src-protocol/access.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { ErrorNote } from '../../components/error-state.tsx'
import { Facts } from '../../components/facts.tsx'
import { spokenDigest } from '../../components/hash.tsx'
import { ReasonButton } from '../../components/reason-button.tsx'
import { formatMinutes } from '../connections/session-length.ts'
import styles from './inbox.module.css'

interface ConfirmAccessProps {
  request: AccessRequest
  decision: 'approve' | 'deny'
  reason: string
  /** becomes set if the request is settled while the dialog is open */
  obstacle: string | undefined
  onClose: () => void
}

/** The last look before the key signs. */
export function ConfirmAccess({ request, decision, reason, obstacle, onClose }: ConfirmAccessProps) {
  // what the person saw when the dialog opened, whatever is pushed meanwhile
  const [digest] = useState(request.digest)
  const decide = useDesktopMutation('access:decide', onClose)
  const approve = decision === 'approve'
  return (
    <Modal opened onClose={onClose} title={approve ? 'Approve and sign?' : 'Deny and sign?'} size={480}>
      <div className={styles.confirm}>
        <div className={styles.bigDigest} title={digest}>
          {spokenDigest(digest)}
        </div>
        <Facts
          items={[
            { label: 'Access', value: `${request.requester.name} to ${request.connection}, for ${formatMinutes(request.minutes)}` },
            { label: 'Reason', value: reason === '' ? <span className="t3">none</span> : `“${reason}”` },
            {
              label: 'Then',
              value: approve
                ? 'Sessions can be started from now on. At the end, or when it is revoked, they are cut.'
                : 'Nothing is given, and the requester is told your reason.',
            },
          ]}
        />
        {decide.error !== null && <ErrorNote error={decide.error} />}
        <div className={styles.buttons}>
          <Button variant="quiet" onClick={onClose}>
            Go back
          </Button>
          <ReasonButton
            variant={approve ? 'filled' : 'danger'}
            reason={obstacle}
            loading={decide.isPending}
            leftSection={approve ? <Check aria-hidden /> : <Ban aria-hidden />}
            // the Enter that opened this dialog, held a moment too long, must not sign
            onKeyDown={(event) => {
              if (event.repeat) event.preventDefault()
            }}
            onClick={() => decide.mutate({ request: request.id, decision, reason, digest })}
            data-autofocus
          >
            {approve ? 'Sign and approve' : 'Sign and deny'}
          </ReasonButton>
        </div>
      </div>
    </Modal>
  )
}
