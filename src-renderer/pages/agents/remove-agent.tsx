import { Button } from '@mantine/core'
import { Trash2 } from 'lucide-react'
import type { Agent } from '../../../src-protocol/model.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { Dialog } from '../../components/dialog.tsx'
import { DialogButtons } from '../../components/dialog-buttons.tsx'
import { ErrorNote } from '../../components/error-state.tsx'

/** Asks before an agent is removed; says what ends with it. */
export function RemoveAgent({ agent, onClose }: { agent: Agent; onClose: () => void }) {
  const remove = useDesktopMutation('agents:remove', onClose)
  return (
    <Dialog onClose={onClose} title={`Remove ${agent.name}?`} size={440}>
      <div className="stack">
        <p className="t2">
          Its key is not accepted any more, and sessions on its servers end. Connections that lead to it stay, but cannot be used. To come
          back it needs a new join token.
        </p>
        {remove.error !== null && <ErrorNote error={remove.error} />}
        <DialogButtons onCancel={onClose} cancel="Keep it" cancelFirst>
          <Button
            variant="danger"
            loading={remove.isPending}
            leftSection={<Trash2 className="small" aria-hidden />}
            onClick={() => remove.mutate(agent.id)}
          >
            Remove agent
          </Button>
        </DialogButtons>
      </div>
    </Dialog>
  )
}
