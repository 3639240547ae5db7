import { Button } from '@mantine/core'
import { Trash2 } from 'lucide-react'
import type { Connection } from '../../../src-protocol/model.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { Dialog } from '../../components/dialog.tsx'
import { DialogButtons } from '../../components/dialog-buttons.tsx'
import { ErrorNote } from '../../components/error-state.tsx'

/** Asks before a connection is removed; says what stays. */
export function RemoveConnection({ connection, onClose }: { connection: Connection; onClose: () => void }) {
  const remove = useDesktopMutation('connections:remove', onClose)
  return (
    <Dialog onClose={onClose} title={`Remove ${connection.name}?`} size={440}>
      <div className="stack">
        <p className="t2">
          Nobody can start a session on it any more. Recordings stay as they are, and the removal stands in the log with your name.
        </p>
        {remove.error !== null && <ErrorNote error={remove.error} />}
        <DialogButtons onCancel={onClose} cancel="Keep it" cancelFirst>
          <Button
            variant="danger"
            loading={remove.isPending}
            leftSection={<Trash2 className="small" aria-hidden />}
            onClick={() => remove.mutate(connection.name)}
          >
            Remove connection
          </Button>
        </DialogButtons>
      </div>
    </Dialog>
  )
}
