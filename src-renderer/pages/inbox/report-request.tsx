import { TextInput } from '@mantine/core'
import { Flag } from 'lucide-react'
import { useState } from 'react'
import type { Delegation } from '../../../src-protocol/delegation.ts'
import type { Approval } from '../../../src-protocol/model.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { Dialog } from '../../components/dialog.tsx'
import { DialogButtons } from '../../components/dialog-buttons.tsx'
import { ErrorNote } from '../../components/error-state.tsx'
import { ReasonButton } from '../../components/reason-button.tsx'
import { behalfOf } from './confirm-vote.tsx'
import styles from './inbox.module.css'

interface ReportRequestProps {
  approval: Approval
  /** in whose place the person decides */
  place: Delegation | undefined
  /** becomes set if the request is settled while the dialog is open */
  obstacle: string | undefined
  onClose: () => void
}

/** For a request that looks like an attack: says what a report does, and asks why. */
export function ReportRequest({ approval, place, obstacle, onClose }: ReportRequestProps) {
  const [digest] = useState(approval.digest)
  const [reason, setReason] = useState('')
  const [missing, setMissing] = useState(false)
  const report = useDesktopMutation('approvals:report', onClose)
  const send = () => {
    if (reason.trim() === '') setMissing(true)
    else if (!report.isPending) report.mutate({ approval: approval.id, reason: reason.trim(), digest, ...(place && behalfOf(place)) })
  }
  return (
    <Dialog onClose={onClose} title="Report and block?" size={480}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          if (obstacle === undefined) send()
        }}
      >
        <p>
          For a request that looks like an attack: a stolen session, an AI client that was talked into something, somebody who asks again
          and again.
        </p>
        <ul className={styles.consequences}>
          <li>The call is denied, and your key signs that.</li>
          <li>
            The session of {approval.requester.name} on {approval.connection} ends at once, with everything in it.
          </li>
          <li>Administrators are told. Your name and your words stand in the log.</li>
        </ul>
        <TextInput
          label="What is wrong with it?"
          maxLength={1000}
          value={reason}
          onChange={(event) => {
            setReason(event.currentTarget.value)
            setMissing(false)
          }}
          error={missing ? 'Say in a few words what you saw.' : undefined}
          data-autofocus
        />
        {report.error !== null && <ErrorNote error={report.error} />}
        <DialogButtons onCancel={onClose} cancel="Go back">
          <ReasonButton type="submit" variant="danger" reason={obstacle} loading={report.isPending} leftSection={<Flag aria-hidden />}>
            Report and block
          </ReasonButton>
        </DialogButtons>
      </form>
    </Dialog>
  )
}
