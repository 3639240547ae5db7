import { Button } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { Activity, CirclePlay, CircleStop, Disc, Power } from 'lucide-react'
import { useState } from 'react'
import type { Session } from '../../../src-protocol/model.ts'
import { useHasRole, usePerson } from '../../api/use-desktop-state.ts'
import { Hash } from '../../components/hash.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { formatCountdown, formatLength, formatShortTime } from '../../components/time.ts'
import { Timestamp } from '../../components/timestamp.tsx'
import { useNow } from '../../components/use-now.ts'
import { ToneMark } from '../../components/verdict.tsx'
import { BrokenGlassNote } from '../break-glass/broken-glass-note.tsx'
import { EndSession } from './end-session.tsx'
import { WatchButton } from '../watch/watched-session.tsx'
import { shortId } from './short-id.ts'
import { WatchersNote } from './watchers-note.tsx'
import styles from './session.module.css'

/** Whose session it is and why, how long is left, and the way to end it. */
export function SessionHeader({ session, watching = false }: { session: Session; watching?: boolean }) {
  const own = usePerson()?.sub === session.person.sub
  const mayEnd = useHasRole('reviewer', 'administrator') || own
  const navigate = useNavigate()
  const mayWatch = useHasRole('reviewer', 'administrator', 'auditor') && !own
  const [ending, setEnding] = useState(false)
  const live = session.state === 'live'
  const length = Date.parse(session.endsAt) - Date.parse(session.startedAt)
  return (
    <>
      <PageHeader
        crumbs={[
          { title: 'Sessions', to: '/sessions' },
          { title: shortId(session.id), ...(watching && { to: `/sessions/${session.id}` }) },
          ...(watching ? [{ title: 'Live' }] : []),
        ]}
        title={session.connection}
        badge={<ToneMark form="badge" icon={live ? Activity : CircleStop} tone={undefined} word={live ? 'Live' : 'Ended'} />}
        meta={<span title={session.reason}>{session.reason}</span>}
        actions={
          <>
            {live && <TimeLeft startedAt={session.startedAt} endsAt={session.endsAt} />}
            {live && mayWatch && !watching && (
              <WatchButton onClick={() => void navigate({ to: '/sessions/$session/watch', params: { session: session.id } })} />
            )}
            {live && mayEnd && (
              <Button variant="danger" leftSection={<Power aria-hidden />} onClick={() => setEnding(true)}>
                End session
              </Button>
            )}
            {!live && (
              <Button
                variant="filled"
                leftSection={<CirclePlay aria-hidden />}
                onClick={() => void navigate({ to: '/recordings/$session', params: { session: session.id } })}
              >
                Replay
              </Button>
            )}
          </>
        }
      />
      <div className={styles.meta}>
        <span>
          <b>Started</b>
          <Timestamp at={session.startedAt} form="date-time" /> · for {formatLength(length)}
        </span>
        <span>
          <b>Policy</b>
          <Hash value={session.policyVersion} label="policy version" />
        </span>
        <span>
          <b>Masking</b>
          <Hash value={session.maskingVersion} label="masking version" />
        </span>
        <span className={styles.recording}>
          <Disc className="small" aria-hidden />
          Recording: <span className="num">{session.records.toLocaleString('en')}</span> {session.records === 1 ? 'record' : 'records'}
          {live ? ', all durable' : ', sealed'}
        </span>
      </div>
      <div className={styles.notes}>
        {live && <BrokenGlassNote session={session} />}
        {own && <WatchersNote watchers={session.watchers} />}
      </div>
      {ending && live && <EndSession session={session} own={own} onClose={() => setEnding(false)} />}
    </>
  )
}

function TimeLeft({ startedAt, endsAt }: { startedAt: string; endsAt: string }) {
  const now = useNow()
  const left = Date.parse(endsAt) - now
  const passed = 1 - left / (Date.parse(endsAt) - Date.parse(startedAt))
  return (
    <div className={styles.time}>
      <div className="row">
        <span className="small t3">Ends by itself at {formatShortTime(endsAt)}</span>
        <span className="right bold num">{formatCountdown(left)} left</span>
      </div>
      <div className={styles.bar} aria-hidden>
        <i style={{ width: `${Math.min(100, Math.max(0, passed * 100))}%` }} />
      </div>
    </div>
  )
}
