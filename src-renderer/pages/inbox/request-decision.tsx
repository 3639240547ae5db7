import { TextInput } from '@mantine/core'
import { Ban, Check, Fingerprint, Flag } from 'lucide-react'
import type { Ref } from 'react'
import type { Approval } from '../../../src-protocol/model.ts'
import { spokenDigest } from '../../components/hash.tsx'
import { KeyHint } from '../../components/key-hint.tsx'
import { ReasonButton } from '../../components/reason-button.tsx'
import { formatLength } from '../../components/time.ts'
import { approvalProgress } from './approval-progress.ts'
import styles from './inbox.module.css'

interface RequestDecisionProps {
  approval: Approval
  /** why this person cannot decide */
  obstacle: string | undefined
  /** why this person cannot approve, who may be able to deny */
  approveObstacle: string | undefined
  reason: string
  onReason: (text: string) => void
  reasonMissing: boolean
  reasonField: Ref<HTMLInputElement>
  onDecide: (decision: 'approve' | 'deny') => void
  onReport: () => void
}

/** The decision, fixed at the bottom: what is signed, why, and the two buttons. */
export function RequestDecision(props: RequestDecisionProps) {
  const { approval, obstacle, approveObstacle, reason, onReason, reasonMissing, reasonField, onDecide, onReport } = props
  const { digestInput, reasonRequired } = approval
  const { given, needed } = approvalProgress(approval)
  return (
    <footer className={styles.foot}>
      <div className={styles.digest}>
        <Fingerprint className="small" aria-hidden />
        <span title={approval.digest}>
          Your key signs digest <span className="mono bold">{spokenDigest(approval.digest)}</span>: these bytes, this tool definition, this
          policy version.
        </span>
        <span className="right nowrap">
          {needed > 1 && `${given} of ${needed} approvals · `}Runs once, within {formatLength(digestInput.runWithinSeconds * 1000)}
        </span>
      </div>
      <div className={styles.decide}>
        {obstacle === undefined ? (
          <TextInput
            ref={reasonField}
            className="grow"
            aria-label="Reason"
            placeholder={reasonRequired ? 'Reason, required for both' : 'Reason'}
            maxLength={1000}
            value={reason}
            onChange={(event) => onReason(event.currentTarget.value)}
            error={reasonMissing ? 'Say in a few words why: the requester reads it, and it stands in the log.' : undefined}
            onKeyDown={(event) => {
              if (event.key === 'Escape') event.currentTarget.blur()
            }}
          />
        ) : (
          <p className="grow t2">{obstacle}</p>
        )}
        <ReasonButton variant="quiet" reason={obstacle} leftSection={<Flag aria-hidden />} onClick={onReport}>
          Report
        </ReasonButton>
        <ReasonButton
          variant="danger"
          reason={obstacle}
          leftSection={<Ban aria-hidden />}
          rightSection={<KeyHint>D</KeyHint>}
          onClick={() => onDecide('deny')}
        >
          Deny
        </ReasonButton>
        <ReasonButton
          variant="filled"
          reason={approveObstacle}
          leftSection={<Check aria-hidden />}
          rightSection={<KeyHint>A</KeyHint>}
          onClick={() => onDecide('approve')}
        >
          Approve
        </ReasonButton>
      </div>
    </footer>
  )
}
