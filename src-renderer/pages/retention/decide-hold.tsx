import { Button, Textarea } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import type { Hold } from '../../../src-protocol/retention.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { Dialog } from '../../components/dialog.tsx'
import { DialogButtons } from '../../components/dialog-buttons.tsx'
import { ErrorNote } from '../../components/error-state.tsx'
import { keptBy } from './hold-words.ts'

export type HoldDecision = 'release' | 'refuse'

interface DecideHoldProps {
  hold: Hold
  decision: HoldDecision
  nameOf: (sub: string) => string
  onClose: () => void
}

const shortestReason = 3

/** Lets go of a hold, asks for it, agrees or does not: always with a reason that stands in the log. */
export function DecideHold({ hold, decision, nameOf, onClose }: DecideHoldProps) {
  const [reason, setReason] = useState('')
  const [checked, setChecked] = useState(false)
  const act = useDesktopMutation(decision === 'release' ? 'retention:release-hold' : 'retention:refuse-release', onClose)
  const problem = reason.trim().length < shortestReason ? 'Say in a few words why: it stands in the log.' : undefined
  const asks = decision === 'release' && hold.approvals === 2 && !hold.asked
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    setChecked(true)
    if (problem === undefined) act.mutate({ id: hold.id, reason: reason.trim() })
  }
  const title = decision === 'refuse' ? 'Keep the hold?' : asks ? 'Ask for the release of the hold?' : 'Release the hold?'
  return (
    <Dialog onClose={onClose} title={title} size={480}>
      <form className="stack" onSubmit={submit} noValidate>
        <p className="t2">
          {keptBy(hold.selection, nameOf)}.{' '}
          {decision === 'refuse'
            ? 'It stays in force, and the request for its release is over.'
            : asks
              ? 'It stays in force until another administrator agrees.'
              : 'Recordings that are past their time, and that no other hold keeps, are removed from then on. They do not come back.'}
        </p>
        <Textarea
          label="Reason"
          rows={2}
          maxLength={1000}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          error={checked ? problem : undefined}
          data-autofocus
        />
        {act.error !== null && <ErrorNote error={act.error} />}
        <DialogButtons onCancel={onClose} cancel="Leave it">
          <Button type="submit" variant={decision === 'release' && !asks ? 'danger' : 'filled'} loading={act.isPending}>
            {decision === 'refuse' ? 'Keep the hold' : asks ? 'Ask for the release' : 'Release the hold'}
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  )
}
