import { Button } from '@mantine/core'
import { Trash2 } from 'lucide-react'
import type { LibraryRow } from '../../../src-protocol/library-row.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { bytesText } from '../../components/bytes-text.ts'
import { Dialog } from '../../components/dialog.tsx'
import { DialogButtons } from '../../components/dialog-buttons.tsx'
import { ErrorNote } from '../../components/error-state.tsx'
import { formatDateTime } from '../../components/time.ts'

interface RemoveRecordingsProps {
  rows: readonly LibraryRow[]
  onClose: () => void
  onRemoved: () => void
}

/** Asks before recordings are taken off this computer; says which, and where they stay. */
export function RemoveRecordings({ rows, onClose, onRemoved }: RemoveRecordingsProps) {
  const remove = useDesktopMutation('library:remove-many', () => {
    onRemoved()
    onClose()
  })
  const counted = rows.length === 1 ? '1 recording' : `${rows.length.toLocaleString('en')} recordings`
  const times = rows.map(({ startedAt }) => startedAt).toSorted()
  const [first = '', last = ''] = [times.at(0), times.at(-1)]
  return (
    <Dialog onClose={onClose} title={`Remove ${counted} from this computer?`} size={480}>
      <div className="stack">
        <p className="t2">
          {bytesText(rows.reduce((sum, { bytes }) => sum + bytes, 0))} as recorded,{' '}
          {rows.length === 1 ? `of ${formatDateTime(first)}` : `from ${formatDateTime(first)} to ${formatDateTime(last)}`}. Nothing changes
          at the gateway: what is there can be downloaded again. What came from a pack or a file is only in that file then.
        </p>
        {remove.error !== null && <ErrorNote error={remove.error} />}
        <DialogButtons onCancel={onClose} cancel="Keep them" cancelFirst>
          <Button
            variant="danger"
            loading={remove.isPending}
            leftSection={<Trash2 className="small" aria-hidden />}
            onClick={() => remove.mutate(rows.map(({ session }) => session))}
          >
            Remove {counted}
          </Button>
        </DialogButtons>
      </div>
    </Dialog>
  )
}
