import { NumberInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import type { LibraryRoom } from '../../../src-protocol/downloads.ts'
import { desktop } from '../../api/desktop.ts'
import { asAppError } from '../../api/query-client.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { useDesktopQueryWith } from '../../api/use-desktop-query.ts'
import { useDesktopState } from '../../api/use-desktop-state.ts'
import type { AppError } from '../../../src-protocol/app-error.ts'
import type { LibraryRow } from '../../../src-protocol/library-row.ts'
import { bytesText } from '../../components/bytes-text.ts'
import { ErrorNote } from '../../components/error-state.tsx'
import { Note } from '../../components/note.tsx'
import { Panel } from '../../components/panel.tsx'
import { ReasonButton } from '../../components/reason-button.tsx'
import { RemoveRecordings } from '../recordings/remove-recordings.tsx'
import styles from './settings.module.css'

const askedAgainMs = 10_000
/** of the library's limit, above which the panel says that it fills up */
const almostFull = 0.9

/** What the library takes of this computer, how much it may, and what to remove when it is too much. */
export function LibraryPanel() {
  const room = useDesktopQueryWith({ channel: 'library:room', input: [], again: () => askedAgainMs })
  return (
    <Panel title="Library on this computer">
      {room.isError && <ErrorNote error={room.error} />}
      {room.data && <Room room={room.data} onChanged={() => void room.refetch()} />}
    </Panel>
  )
}

function Room({ room, onChanged }: { room: LibraryRoom; onChanged: () => void }) {
  const { recordings, usedBytes, limitBytes, freeBytes } = room
  return (
    <div className={styles.gateway}>
      {usedBytes > limitBytes * almostFull && (
        <Note tone={usedBytes > limitBytes ? 'denied' : 'held'} title="The library is almost full.">
          A download that does not fit stops. Nothing is removed by itself: remove what you do not need here, or give it more room.
        </Note>
      )}
      <dl className={styles.about}>
        <dt>Used</dt>
        <dd className="num">
          <meter
            className={styles.meter}
            min={0}
            max={limitBytes}
            high={limitBytes * almostFull}
            value={usedBytes}
            aria-label="Used by the library"
          />
          {bytesText(usedBytes)} of {bytesText(limitBytes)}, {recordings.toLocaleString('en')}{' '}
          {recordings === 1 ? 'recording' : 'recordings'}
        </dd>
        <dt>Free on the disk</dt>
        <dd className="num">{bytesText(freeBytes)}</dd>
      </dl>
      <Limit onChanged={onChanged} />
      <MakeRoom room={room} onChanged={onChanged} />
    </div>
  )
}

function Limit({ onChanged }: { onChanged: () => void }) {
  const { preferences } = useDesktopState()
  const [size, setSize] = useState<number | string>(preferences.libraryGigabytes)
  const save = useDesktopMutation('preferences:set', onChanged)
  const wanted = Number(size)
  const problem = Number.isInteger(wanted) && wanted >= 1 && wanted <= 100_000 ? undefined : 'A whole number of gigabytes, at least 1.'
  const reason = problem ?? (wanted === preferences.libraryGigabytes ? 'It is the same size.' : undefined)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (reason === undefined) save.mutate({ libraryGigabytes: wanted })
  }
  return (
    <form className={styles.address} onSubmit={submit} noValidate>
      <NumberInput
        label="It may take, in GB"
        className={styles.size}
        min={1}
        max={100_000}
        allowDecimal={false}
        value={size}
        onChange={setSize}
        error={problem}
      />
      <ReasonButton type="submit" reason={reason} loading={save.isPending}>
        Save
      </ReasonButton>
    </form>
  )
}

/** The oldest recordings, as many as give so much room: a proposal that is shown before anything is removed. */
function MakeRoom({ room, onChanged }: { room: LibraryRoom; onChanged: () => void }) {
  const [size, setSize] = useState<number | string>(1)
  const [proposed, setProposed] = useState<readonly LibraryRow[]>()
  const [error, setError] = useState<AppError>()
  const propose = (event: FormEvent): void => {
    event.preventDefault()
    void desktop.invoke('library:oldest', { bytes: Number(size) * 1e9 }).then(
      (rows) => setProposed(rows),
      (problem: unknown) => setError(asAppError(problem)),
    )
  }
  const reason = room.recordings === 0 ? 'No recording is here.' : Number(size) > 0 ? undefined : 'Say how much room to make.'
  return (
    <>
      <form className={styles.address} onSubmit={propose} noValidate>
        <NumberInput label="Make room for, in GB" className={styles.size} min={0} max={100_000} value={size} onChange={setSize} />
        <ReasonButton type="submit" reason={reason}>
          Show the oldest
        </ReasonButton>
      </form>
      {error && <ErrorNote error={error} />}
      {proposed && <RemoveRecordings rows={proposed} onClose={() => setProposed(undefined)} onRemoved={onChanged} />}
    </>
  )
}
