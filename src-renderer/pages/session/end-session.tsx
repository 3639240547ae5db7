import { Button, Modal } from '@mantine/core'
import { Power } from 'lucide-react'
import type { Session } from '../../../src-protocol/model.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { ErrorNote } from '../../components/error-state.tsx'
import styles from './session.module.css'

/** Asks before a session is ended; says what happens at that moment. */
export function EndSession({ session, own, onClose }: { session: Session; own: boolean; onClose: () => void }) {
  const end = useDesktopMutation('sessions:end', onClose)
  return (
    <Modal
      opened
      onClose={onClose}
      title={own ? `End your session on ${session.connection}?` : `End ${session.person.name}’s session on ${session.connection}?`}
      size={480}
    >
      <div className={styles.dialog}>
        <p className="t2">
          {own ? 'Your client' : 'Their client'} loses the connection at once: open streams are cut, and calls that wait are withdrawn. A
          call that runs at this moment may still take effect. The recording is sealed.
        </p>
        {end.error !== null && <ErrorNote error={end.error} />}
        <div className={styles.footer}>
          <Button variant="quiet" onClick={onClose} data-autofocus>
            Keep it running
          </Button>
          <Button
            variant="danger"
            leftSection={<Power className="small" aria-hidden />}
            loading={end.isPending}
            onClick={() => end.mutate(session.id)}
          >
            End session
          </Button>
        </div>
      </div>
    </Modal>
  )
}
