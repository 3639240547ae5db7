import { Ban, Check } from 'lucide-react'
import type { ReactNode } from 'react'
import type { AppError } from '../../../src-protocol/app-error.ts'
import { Dialog } from '../../components/dialog.tsx'
import { DialogButtons } from '../../components/dialog-buttons.tsx'
import { ErrorNote } from '../../components/error-state.tsx'
import { Facts, type Fact } from '../../components/facts.tsx'
import { spokenDigest } from '../../components/hash.tsx'
import { ReasonButton } from '../../components/reason-button.tsx'
import styles from './inbox.module.css'

interface ConfirmSignatureProps {
  decision: 'approve' | 'deny'
  /** what is signed, as it was when the dialog opened */
  digest: string
  /** what is decided about, in a word, and what it is */
  subject: Fact
  reason: string
  /** before it is signed */
  first?: string | undefined
  /** what the decision does */
  then: string
  /** becomes set if the request is settled while the dialog is open */
  obstacle: string | undefined
  signing: boolean
  /** a signature on its way cannot be taken back, unless it still waits for somebody */
  revocable?: boolean
  error: AppError | null
  onSign: () => void
  onClose: () => void
  children?: ReactNode
}

/** The last look before the key signs: the digest’s short form, and what the decision does. */
export function ConfirmSignature(props: ConfirmSignatureProps) {
  const { decision, digest, subject, reason, first, then, obstacle, signing, revocable = false, error, onSign, onClose, children } = props
  const approve = decision === 'approve'
  const goBack = (): void => {
    if (!signing || revocable) onClose()
  }
  return (
    <Dialog onClose={goBack} title={approve ? 'Approve and sign?' : 'Deny and sign?'} size={480}>
      <div className="stack">
        <div className={styles.bigDigest} title={digest}>
          {spokenDigest(digest)}
        </div>
        <Facts
          items={[
            subject,
            { label: 'Reason', value: reason === '' ? <span className="t3">none</span> : `“${reason}”` },
            ...(first === undefined ? [] : [{ label: 'First', value: first }]),
            { label: 'Then', value: then },
          ]}
        />
        {children}
        {error !== null && <ErrorNote error={error} />}
        <DialogButtons onCancel={goBack} cancel="Go back">
          <ReasonButton
            variant={approve ? 'filled' : 'danger'}
            reason={obstacle}
            loading={signing}
            leftSection={approve ? <Check aria-hidden /> : <Ban aria-hidden />}
            // the Enter that opened this dialog, held a moment too long, must not sign
            onKeyDown={(event) => {
              if (event.repeat) event.preventDefault()
            }}
            onClick={onSign}
            data-autofocus
          >
            {approve ? 'Sign and approve' : 'Sign and deny'}
          </ReasonButton>
        </DialogButtons>
      </div>
    </Dialog>
  )
}
