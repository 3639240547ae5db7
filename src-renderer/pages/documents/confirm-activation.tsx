import { Textarea } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { ShieldCheck } from 'lucide-react'
import { useState } from 'react'
import type { ActivationApprovals, ActivationOutcome } from '../../../src-protocol/policy-proposal.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { Dialog } from '../../components/dialog.tsx'
import { DialogButtons } from '../../components/dialog-buttons.tsx'
import { ErrorNote } from '../../components/error-state.tsx'
import { ReasonButton } from '../../components/reason-button.tsx'
import { describeChanges, type LineChanges } from '../../../src-core/policy/changed-lines.ts'
import { kindWords, type DocumentKind } from './document-kind.ts'

interface ConfirmActivationProps {
  kind: DocumentKind
  text: string
  changes: LineChanges
  approvals: ActivationApprovals
  onClose: () => void
  onActivated: (outcome: ActivationOutcome) => void
}

const shortestMessage = 3

/** The last look before a draft counts, or goes to another administrator. */
export function ConfirmActivation({ kind, text, changes, approvals, onClose, onActivated }: ConfirmActivationProps) {
  const client = useQueryClient()
  const [message, setMessage] = useState('')
  const { noun } = kindWords[kind]
  const proposes = approvals === 2
  const activate = useDesktopMutation('policies:activate', (outcome) => {
    for (const channel of ['policies:list', 'policies:proposals']) void client.invalidateQueries({ queryKey: [channel] })
    onActivated(outcome)
  })
  const given = message.trim()
  const missing = given.length < shortestMessage && (proposes || given !== '') ? 'Say in a few words what changed and why.' : undefined
  return (
    <Dialog onClose={onClose} title={proposes ? `Propose this ${noun}?` : `Activate this ${noun}?`} size={480}>
      <div className="stack">
        <p className="t2">
          {proposes
            ? `Another administrator has to activate it: ${describeChanges(changes)}. Until then the version in force decides. The proposal stands in the log with your name, and ends after seven days.`
            : `From the next call on it decides for everybody, in running sessions too: ${describeChanges(changes)}. It stands in the log with your name, and the version before it stays readable. Requests that wait under the old version become void.`}
        </p>
        <Textarea
          label={proposes ? 'What changed and why' : 'What changed and why (optional)'}
          description={proposes ? 'The other administrator reads it; it stays with the version.' : 'It stays with the version.'}
          autosize
          minRows={2}
          maxRows={6}
          maxLength={500}
          value={message}
          onChange={(event) => setMessage(event.currentTarget.value)}
          data-autofocus
        />
        {activate.error !== null && <ErrorNote error={activate.error} />}
        <DialogButtons onCancel={onClose} cancel="Go back">
          <ReasonButton
            variant="filled"
            reason={missing}
            loading={activate.isPending}
            leftSection={<ShieldCheck aria-hidden />}
            onClick={() => activate.mutate({ kind, text, ...(given !== '' && { message: given }) })}
          >
            {proposes ? 'Propose' : 'Activate'}
          </ReasonButton>
        </DialogButtons>
      </div>
    </Dialog>
  )
}
