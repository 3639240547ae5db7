import { Button, Textarea } from '@mantine/core'
import { CircleStop } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import type { BreakGlassOpening } from '../../../src-protocol/break-glass.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { usePerson } from '../../api/use-desktop-state.ts'
import { Dialog } from '../../components/dialog.tsx'
import { DialogButtons } from '../../components/dialog-buttons.tsx'
import { ErrorNote } from '../../components/error-state.tsx'

const shortestReason = 3

/** Closes it at once: one’s own without a word, somebody else’s with a reason that they read. */
export function StopGlass({ opening, onClose }: { opening: BreakGlassOpening; onClose: () => void }) {
  const own = usePerson()?.sub === opening.input.person
  const [reason, setReason] = useState('')
  const [checked, setChecked] = useState(false)
  const end = useDesktopMutation('break-glass:end', onClose)
  const problem = !own && reason.trim().length < shortestReason ? 'Say in a few words why: it stands in the log.' : undefined
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    setChecked(true)
    if (problem === undefined) end.mutate({ id: opening.id, reason: reason.trim() })
  }
  return (
    <Dialog onClose={onClose} title={`Close the glass of ${opening.input.connection}?`} size={480}>
      <form className="stack" onSubmit={submit} noValidate>
        <p className="t2">
          From this moment on {own ? 'your calls' : `calls of ${opening.person.name}`} are held for reviewers again. What a server has begun
          already, it finishes{own ? '.' : '; to cut that too, end the session.'}
        </p>
        {!own && (
          <Textarea
            label="Reason"
            rows={2}
            maxLength={500}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            error={checked ? problem : undefined}
            data-autofocus
          />
        )}
        {end.error !== null && <ErrorNote error={end.error} />}
        <DialogButtons onCancel={onClose} cancel="Leave it open">
          <Button
            type="submit"
            variant="danger"
            loading={end.isPending}
            leftSection={<CircleStop className="small" aria-hidden />}
            data-autofocus={own || undefined}
          >
            Close the glass
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  )
}
