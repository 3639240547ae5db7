import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { sessionId } from '../../../src-protocol/ids.ts'
import type { StorageHealth } from '../../../src-protocol/storage.ts'
import { useDesktopQueryWith } from '../../api/use-desktop-query.ts'
import { ErrorNote } from '../../components/error-state.tsx'
import { Note } from '../../components/note.tsx'
import { Panel } from '../../components/panel.tsx'
import { Timestamp } from '../../components/timestamp.tsx'
import { bytesText } from '../../components/bytes-text.ts'
import { spaceText } from './storage-words.ts'
import styles from './settings.module.css'

const askedAgainMs = 15_000

/** The disks that hold the evidence, and what the gateway does with recordings after their session. */
export function StoragePanel() {
  const storage = useDesktopQueryWith({ channel: 'storage:health', input: [], again: () => askedAgainMs })
  return (
    <Panel title="Evidence store">
      {storage.isError && <ErrorNote error={storage.error} />}
      {storage.data && <Health health={storage.data} />}
    </Panel>
  )
}

function Health({ health }: { health: StorageHealth }) {
  const { state, recordings, log, minimumFreeBytes, writeMs, checkpointAt, backlog, scan, findings } = health
  return (
    <>
      {state !== 'ok' && (
        <div className={styles.storageNote}>
          <Note tone={state === 'full' ? 'denied' : 'held'} title={state === 'full' ? 'No new session is started.' : 'The disk fills up.'}>
            {state === 'full' ? 'Less than' : 'No new session will be started with less than'} {bytesText(minimumFreeBytes)}{' '}
            {state === 'full' ? 'are free.' : 'free.'}
          </Note>
        </div>
      )}
      <dl className={styles.about}>
        <Fact title="Recordings">{spaceText(recordings)}</Fact>
        <Fact title="Log">{spaceText(log)}</Fact>
        <Fact title="Durable write">{writeMs.toFixed(1)} ms just now</Fact>
        <Fact title="Newest checkpoint">
          {checkpointAt === undefined ? 'not since the start' : <Timestamp at={checkpointAt} form="relative" />}
        </Fact>
        <Fact title="Waiting">
          {backlog.search + backlog.compression === 0
            ? 'nothing: every recording is searchable and compressed'
            : `${backlog.search.toLocaleString('en')} to be made searchable, ${backlog.compression.toLocaleString('en')} to be compressed`}
        </Fact>
        <Fact title="Held against the log">
          <Scan scan={scan} />
        </Fact>
        <Fact title="Findings">{findings.length === 0 ? 'none' : findings.map((found) => <Finding key={found.session} {...found} />)}</Fact>
      </dl>
    </>
  )
}

function Scan({ scan: { running, checked, recordings, last } }: { scan: StorageHealth['scan'] }) {
  const number = (value: number): string => value.toLocaleString('en')
  return (
    <>
      {running && `${number(checked)} of ${number(recordings)} recordings in this pass. `}
      {last === undefined ? (
        'No pass is finished yet.'
      ) : (
        <>
          All {number(last.recordings)}, finished <Timestamp at={last.finishedAt} form="date-time" />,{' '}
          {last.findings === 0 ? 'nothing found' : `${number(last.findings)} found`}.
        </>
      )}
    </>
  )
}

function Finding({ session, finding }: StorageHealth['findings'][number]) {
  const { data } = sessionId.safeParse(session)
  return (
    <div>
      {data ? (
        <Link to="/recordings/$session" params={{ session: data }} className="mono">
          {data}
        </Link>
      ) : (
        session
      )}{' '}
      {finding === 'missing' ? 'is not there any more' : 'is not what was recorded'}
    </div>
  )
}

function Fact({ title, children }: { title: string; children: ReactNode }) {
  return (
    <>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </>
  )
}
