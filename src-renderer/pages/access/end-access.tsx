import { Button, Textarea } from '@mantine/core'
import { Ban } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import type { AccessGrant } from '../../../src-protocol/access.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { Dialog } from '../../components/dialog.tsx'
import { DialogButtons } from '../../components/dialog-buttons.tsx'
import { ErrorNote } from '../../components/error-state.tsx'

const shortestReason = 3

/** Takes somebody’s access away: at once, and with a reason that they read. */
export function EndAccess({ grant, onClose }: { grant: AccessGrant; onClose: () => void }) {
  const [reason, setReason] = useState('')
  const [checked, setChecked] = useState(false)
  const end = useDesktopMutation('access:end', onClose)
  const problem =
    reason.trim().length < shortestReason ? `Say in a few words why: ${grant.person.name} reads it, and it stands in the log.` : undefined
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    setChecked(true)
    if (problem === undefined) end.mutate({ grant: grant.id, reason: reason.trim() })
  }
  return (
    <Dialog onClose={onClose} title={`Revoke access to ${grant.connection}?`} size={480}>
      <form className="stack" onSubmit={submit} noValidate>
        <p className="t2">
          Sessions that {grant.person.name} began under it end at this moment, and calls that run are cut. To come back, it has to be asked
          for again.
        </p>
        <Textarea
          label="Reason"
          rows={2}
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          error={checked ? problem : undefined}
          data-autofocus
        />
        {end.error !== null && <ErrorNote error={end.error} />}
        <DialogButtons onCancel={onClose} cancel="Keep it">
          <Button type="submit" variant="danger" loading={end.isPending} leftSection={<Ban className="small" aria-hidden />}>
            Revoke access
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  )
}
