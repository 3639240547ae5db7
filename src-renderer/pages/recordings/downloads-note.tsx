import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { CirclePause, CloudDownload, Download, ShieldCheck, ShieldX } from 'lucide-react'
import type { DownloadsState } from '../../../src-protocol/downloads.ts'
import { desktop } from '../../api/desktop.ts'
import { bytesText } from '../../components/bytes-text.ts'
import { Note } from '../../components/note.tsx'
import { VisibleText } from '../../components/visible-text.tsx'
import { downloadTitle } from './download-words.ts'
import styles from './import-note.module.css'

type Action = 'downloads:pause' | 'downloads:resume' | 'downloads:cancel' | 'downloads:retry' | 'downloads:dismiss'

// what becomes of it is told by the event
const act = (action: Action) => (): void => void desktop.invoke(action).catch(() => undefined)

/** How far the downloads from the gateway are, what stopped them, and what could not be had. */
export function DownloadsNote({ downloads }: { downloads: DownloadsState | undefined }) {
  if (!downloads) return null
  const { state, recordings, bytes, problem, unsearched, failures } = downloads
  const isOpen = state !== 'idle'
  if (!isOpen && recordings.total === 0) return null
  const stopped = state === 'paused' && problem !== undefined
  const tone = stopped ? 'denied' : state === 'waiting' ? 'held' : isOpen ? 'plain' : recordings.failed > 0 ? 'denied' : 'allowed'
  const icon = stopped ? ShieldX : state === 'paused' ? CirclePause : isOpen ? CloudDownload : recordings.failed > 0 ? ShieldX : ShieldCheck
  const total = Math.max(1, recordings.total)
  return (
    <div className={styles.note} role="region" aria-label="Downloads">
      <Note tone={tone} icon={icon} title={downloadTitle(downloads)} action={<Actions downloads={downloads} />}>
        {isOpen && (
          <>
            <progress
              className={styles.bar}
              value={state === 'listing' ? undefined : (recordings.done + recordings.failed) / total}
              max={1}
              aria-label="Downloading"
            />
            <span className="num">
              {recordings.done.toLocaleString('en')} of {recordings.total.toLocaleString('en')} recordings
              {bytes.total > 0 && `, ${bytesText(bytes.done)} of ${bytesText(bytes.total)}`}
            </span>{' '}
          </>
        )}
        {problem && (
          <div role="alert">
            <VisibleText text={problem.message} /> {problem.remedy}{' '}
            {(problem.code === 'LIBRARY_FULL' || problem.code === 'DISK_FULL') && <Link to="/settings">Make room</Link>}
          </div>
        )}
        {unsearched > 0 && (
          <div>
            {unsearched.toLocaleString('en')} recordings could not be searched yet when the gateway was asked: download again later to have
            those that match.
          </div>
        )}
        {failures.length > 0 && <Failures failures={failures} failed={recordings.failed} />}
      </Note>
    </div>
  )
}

function Actions({ downloads: { state, recordings } }: { downloads: DownloadsState }) {
  if (state === 'idle') {
    return (
      <>
        {recordings.failed > 0 && (
          <Button size="sm" onClick={act('downloads:retry')}>
            Try again
          </Button>
        )}
        <Button size="sm" variant="quiet" onClick={act('downloads:dismiss')}>
          Close
        </Button>
      </>
    )
  }
  return (
    <>
      {state === 'paused' ? (
        <Button size="sm" leftSection={<Download className="small" aria-hidden />} onClick={act('downloads:resume')}>
          Resume
        </Button>
      ) : (
        <Button size="sm" leftSection={<CirclePause className="small" aria-hidden />} onClick={act('downloads:pause')}>
          Pause
        </Button>
      )}
      <Button size="sm" variant="quiet" onClick={act('downloads:cancel')}>
        Cancel
      </Button>
    </>
  )
}

function Failures({ failures, failed }: { failures: DownloadsState['failures']; failed: number }) {
  return (
    <details className={styles.failures}>
      <summary>{failed === 1 ? '1 recording was not downloaded' : `${failed.toLocaleString('en')} recordings were not downloaded`}</summary>
      <ul tabIndex={0} aria-label="Not downloaded">
        {failures.map(({ session, code, message, remedy }) => (
          <li key={session}>
            <Link to="/recordings/$session" params={{ session }} className="mono">
              {session}
            </Link>{' '}
            <VisibleText text={message} /> {remedy} <span className="mono t3 small">{code}</span>
          </li>
        ))}
      </ul>
    </details>
  )
}
