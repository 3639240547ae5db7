import { Button } from '@mantine/core'
import { Trash2 } from 'lucide-react'
import type { AccessRule } from '../../../src-protocol/access.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { Dialog } from '../../components/dialog.tsx'
import { DialogButtons } from '../../components/dialog-buttons.tsx'
import { ErrorNote } from '../../components/error-state.tsx'
import { Note } from '../../components/note.tsx'

/** Asks before a rule is removed; says what that opens. `only`: it is the connection’s last. */
export function RemoveRule({ rule, only, onClose }: { rule: AccessRule; only: boolean; onClose: () => void }) {
  const remove = useDesktopMutation('access:remove-rule', onClose)
  const { title, connection } = rule.terms
  return (
    <Dialog onClose={onClose} title={`Remove “${title}”?`} size={480}>
      <div className="stack">
        <p className="t2">Access that it gave ends at this moment, and requests that wait are void.</p>
        {only && (
          <Note tone="held" title={`It is the last rule of ${connection}.`}>
            From then on, whoever is in the connection’s groups starts sessions without asking.
          </Note>
        )}
        {remove.error !== null && <ErrorNote error={remove.error} />}
        <DialogButtons onCancel={onClose} cancel="Keep it" cancelFirst>
          <Button
            variant="danger"
            loading={remove.isPending}
            leftSection={<Trash2 className="small" aria-hidden />}
            onClick={() => remove.mutate(rule.id)}
          >
            Remove rule
          </Button>
        </DialogButtons>
      </div>
    </Dialog>
  )
}
