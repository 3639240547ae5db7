import { Button, Textarea } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { Ban, ShieldCheck } from 'lucide-react'
import { useState } from 'react'
import type { PolicyProposal } from '../../../src-protocol/policy-proposal.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { Dialog } from '../../components/dialog.tsx'
import { DialogButtons } from '../../components/dialog-buttons.tsx'
import { ErrorNote } from '../../components/error-state.tsx'
import { ReasonButton } from '../../components/reason-button.tsx'
import { describeChanges, type LineChanges } from '../../../src-core/policy/changed-lines.ts'
import { kindWords } from './document-kind.ts'

interface DecideProposalProps {
  proposal: PolicyProposal
  changes: LineChanges
  decision: 'activate' | 'reject'
  onClose: () => void
}

const shortestReason = 3

/** The last look of the second administrator. */
export function DecideProposal({ proposal, changes, decision, onClose }: DecideProposalProps) {
  const client = useQueryClient()
  const [reason, setReason] = useState('')
  const done = () => {
    for (const channel of ['policies:list', 'policies:proposals']) void client.invalidateQueries({ queryKey: [channel] })
    onClose()
  }
  const activate = useDesktopMutation('policies:activate-proposal', done)
  const reject = useDesktopMutation('policies:reject-proposal', done)
  const { noun } = kindWords[proposal.kind]
  const error = activate.error ?? reject.error
  const given = reason.trim()
  return (
    <Dialog
      onClose={onClose}
      title={decision === 'activate' ? `Activate the ${noun} that was proposed?` : `Reject the ${noun} that was proposed?`}
      size={480}
    >
      <div className="stack">
        {decision === 'activate' ? (
          <p className="t2">
            From the next call on it decides for everybody, in running sessions too: {describeChanges(changes)}. It stands in the log with
            your name beside {proposal.author.name}. Requests that wait under the old version become void, and so do other proposals.
          </p>
        ) : (
          <>
            <p className="t2">The version in force stays. Your reason stands in the log, and {proposal.author.name} reads it.</p>
            <Textarea
              label="Reason"
              autosize
              minRows={2}
              maxRows={6}
              maxLength={500}
              value={reason}
              onChange={(event) => setReason(event.currentTarget.value)}
              data-autofocus
            />
          </>
        )}
        {error !== null && <ErrorNote error={error} />}
        <DialogButtons onCancel={onClose} cancel="Go back" cancelFirst={decision === 'activate'}>
          {decision === 'activate' ? (
            <Button
              variant="filled"
              loading={activate.isPending}
              leftSection={<ShieldCheck aria-hidden />}
              onClick={() => activate.mutate(proposal.id)}
            >
              Activate
            </Button>
          ) : (
            <ReasonButton
              variant="danger"
              reason={given.length < shortestReason ? 'Say in a few words why.' : undefined}
              loading={reject.isPending}
              leftSection={<Ban aria-hidden />}
              onClick={() => reject.mutate({ id: proposal.id, reason: given })}
            >
              Reject
            </ReasonButton>
          )}
        </DialogButtons>
      </div>
    </Dialog>
  )
}
