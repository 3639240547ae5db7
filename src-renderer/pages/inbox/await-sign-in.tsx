import { Button } from '@mantine/core'
import { KeyRound } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { desktop } from '../../api/desktop.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { useDesktopState } from '../../api/use-desktop-state.ts'
import { Note } from '../../components/note.tsx'
import styles from './inbox.module.css'

/** Shown while the system browser is open for the fresh sign-in that a vote takes. */
export function AwaitSignIn({ then = 'Your vote is sent once you have.' }: { then?: string }) {
  const { signIn } = useDesktopState()
  const copy = useDesktopMutation('clipboard:write')
  const cancel = useDesktopMutation('identity:cancel-sign-in')
  const url = signIn.state === 'signed-in' ? signIn.stepUp?.url : undefined
  const awaited = useRef(false)
  useEffect(() => {
    awaited.current = url !== undefined
  }, [url])
  // whoever goes back, or to another request, takes the vote back: signing in afterwards must not cast it
  useEffect(
    () => () => {
      if (awaited.current) void desktop.invoke('identity:cancel-sign-in')
    },
    [],
  )
  if (url === undefined) return null
  return (
    <Note tone="held" icon={KeyRound} title="Your browser is open: sign in there." alert>
      <span>{then} If no browser opened, copy the address.</span>
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
