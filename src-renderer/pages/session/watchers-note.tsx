import { Eye } from 'lucide-react'
import type { Session } from '../../../src-protocol/model.ts'
import { Note } from '../../components/note.tsx'
import { Timestamp } from '../../components/timestamp.tsx'

/** Tells the operator, at once, that somebody looks on. */
export function WatchersNote({ watchers }: Pick<Session, 'watchers'>) {
  const [first] = watchers ?? []
  if (!first || !watchers) return null
  const names = watchers.map(({ name }) => name)
  const who = names.length === 1 ? `${names[0]} is` : `${names.slice(0, -1).join(', ')} and ${names.at(-1)} are`
  return (
    <Note tone="held" icon={Eye} title={`${who} watching this session.`} alert>
      Since <Timestamp at={first.since} form="time" />. What is recorded can be seen, masked. It stands in the recording and in the log.
    </Note>
  )
}
