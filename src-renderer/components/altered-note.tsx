import { ShieldAlert } from 'lucide-react'
import { Note } from './note.tsx'
import styles from './altered-note.module.css'

/** What is stored of these is not what the log says that an administrator decided: what that means, and what to do. */
export function AlteredNote({ kind, names }: { kind: 'connection' | 'agent'; names: readonly string[] }) {
  if (names.length === 0) return null
  const [first] = names
  const subject = names.length === 1 ? `The ${kind} ${first}` : `${names.length} ${kind}s (${names.join(', ')})`
  const one = names.length === 1
  const meanwhile =
    kind === 'connection'
      ? `Until then ${one ? 'it starts' : 'they start'} no session.`
      : `Until then ${one ? 'it' : 'they'} may not connect.`
  const todo =
    kind === 'connection'
      ? `remove ${one ? 'it' : 'them'} and create ${one ? 'it' : 'them'} again`
      : `remove ${one ? 'it' : 'them'} and enrol ${one ? 'it' : 'them'} again`
  return (
    <div className={styles.note}>
      <Note tone="denied" icon={ShieldAlert} title={`${subject} ${one ? 'is' : 'are'} not what an administrator stored.`} alert>
        Somebody wrote to the gateway’s database past the gateway, or it was restored from an older copy: the log says otherwise. Find out
        which, then {todo}. {meanwhile}
      </Note>
    </div>
  )
}
