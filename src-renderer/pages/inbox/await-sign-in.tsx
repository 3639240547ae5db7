import { Button } from '@mantine/core'
import { KeyRound } from 'lucide-react'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { useDesktopState } from '../../api/use-desktop-state.ts'
import { Note } from '../../components/note.tsx'
import styles from './inbox.module.css'

/** Shown while the system browser is open for the fresh sign-in that a vote takes. */
export function AwaitSignIn() {
  const { signIn } = useDesktopState()
  const copy = useDesktopMutation('clipboard:write')
  const cancel = useDesktopMutation('identity:cancel-sign-in')
  if (signIn.state !== 'signed-in' || signIn.stepUp === undefined) return null
  const { url } = signIn.stepUp
  return (
    <Note tone="held" icon={KeyRound} title="Your browser is open: sign in there." alert>
      <span>Your vote is sent once you have. If no browser opened, copy the address.</span>
      <span className={`row ${styles.awaiting}`}>
        <Button size="xs" onClick={() => copy.mutate(url)}>
          {copy.isSuccess ? 'Copied' : 'Copy address'}
        </Button>
        <Button size="xs" onClick={() => cancel.mutate(undefined)}>
          Cancel
        </Button>
      </span>
    </Note>
  )
}
