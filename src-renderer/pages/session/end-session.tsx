import { Textarea } from '@mantine/core'
import { Power } from 'lucide-react'
import { useState } from 'react'
import type { Session } from '../../../src-protocol/model.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { Dialog } from '../../components/dialog.tsx'
import { DialogButtons } from '../../components/dialog-buttons.tsx'
import { ErrorNote } from '../../components/error-state.tsx'
import { ReasonButton } from '../../components/reason-button.tsx'

/** Asks before a session is ended; says what happens at that moment. */
export function EndSession({ session, own, onClose }: { session: Session; own: boolean; onClose: () => void }) {
  const endOwn = useDesktopMutation('sessions:end', onClose)
  const endOther = useDesktopMutation('sessions:end-other', onClose)
  const [reason, setReason] = useState('')
  const error = endOwn.error ?? endOther.error
  const missing = own || reason.trim().length >= 3 ? undefined : 'Say why: it stands in the recording, and before the operator.'
  return (
    <Dialog
      onClose={onClose}
      title={own ? `End your session on ${session.connection}?` : `End ${session.person.name}’s session on ${session.connection}?`}
      size={480}
    >
      <div className="stack">
        <p className="t2">
          {own ? 'Your client' : 'Their client'} loses the connection at once: open streams are cut, and calls that wait are withdrawn. A
          call that runs at this moment may still take effect. The recording is sealed.
        </p>
        {!own && (
          <Textarea
            label="Reason"
            description={`${session.person.name} is shown it, and it stands in the recording and in the log.`}
            maxLength={500}
            autosize
            minRows={2}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            data-autofocus
          />
        )}
        {error !== null && <ErrorNote error={error} />}
        <DialogButtons onCancel={onClose} cancel="Keep it running" cancelFirst={own}>
          <ReasonButton
            variant="danger"
            leftSection={<Power className="small" aria-hidden />}
            reason={missing}
            loading={endOwn.isPending || endOther.isPending}
            onClick={() => (own ? endOwn.mutate(session.id) : endOther.mutate({ session: session.id, reason: reason.trim() }))}
          >
            End session
          </ReasonButton>
        </DialogButtons>
      </div>
    </Dialog>
  )
}
