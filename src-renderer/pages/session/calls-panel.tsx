import { Button } from '@mantine/core'
import { useState } from 'react'
import type { Call, Session, Verdict as VerdictName } from '../../../src-protocol/model.ts'
import { FilterChip } from '../../components/filter-chip.tsx'
import { Panel } from '../../components/panel.tsx'
import { Verdict } from '../../components/verdict.tsx'
import { CallRow } from './call-row.tsx'
import { HeldCall } from './held-call.tsx'
import styles from './session.module.css'

const filterable = ['held', 'denied', 'failed', 'masked'] as const
/** Rows drawn at first, and added each time; a long session has thousands. */
const rowsAtOnce = 200

interface CallsPanelProps {
  session: Session
  calls: readonly Call[]
  own: boolean
}

/** What became of each call, the latest first; held ones pinned on top. */
export function CallsPanel({ session, calls, own }: CallsPanelProps) {
  const [only, setOnly] = useState<VerdictName>()
  const [limit, setLimit] = useState(rowsAtOnce)
  const held = calls.filter((call) => call.state === 'held')
  const settled = calls
    .filter((call) => call.state !== 'held' && (only === undefined || call.verdict === only))
    .toSorted((a, b) => b.seq - a.seq)
  const counts = countVerdicts(calls)
  // what others do is seen by watching or by replay: a table without rows would say that they do nothing
  if (!own && calls.length === 0) {
    return (
      <Panel title="Calls" flush fill>
        <p className={`${styles.unwatched} t2`}>
          {session.state === 'live' ? 'Watch live to see the calls.' : 'Replay the session to see its calls.'}
        </p>
      </Panel>
    )
  }

  return (
    <Panel
      title="Calls"
      meta={calls.length.toLocaleString('en')}
      flush
      fill
      actions={
        <div className={styles.filters} role="group" aria-label="Show only">
          {filterable
            .filter((verdict) => counts[verdict] > 0)
            .map((verdict) => (
              <FilterChip key={verdict} pressed={only === verdict} onChange={(pressed) => setOnly(pressed ? verdict : undefined)}>
                <Verdict verdict={verdict} /> <span className="num">{counts[verdict].toLocaleString('en')}</span>
              </FilterChip>
            ))}
        </div>
      }
    >
      <div role="region" aria-label="Waiting calls" aria-live="polite">
        {held.map((call) => (
          <HeldCall key={call.seq} call={call} own={own && session.state === 'live'} />
        ))}
      </div>
      <table className={`table ${styles.calls}`}>
        <thead>
          <tr>
            <th className={styles.at}>Time</th>
            <th className={styles.tool}>Tool</th>
            <th>Arguments</th>
            <th className={styles.verdict}>Verdict</th>
            <th className={`${styles.took} numeric`}>Took</th>
          </tr>
        </thead>
        <tbody>
          {settled.slice(0, limit).map((call) => (
            <CallRow key={call.seq} call={call} />
          ))}
          {settled.length === 0 && (
            <tr>
              <td colSpan={5} className="t3">
                {noCalls(session, held.length, only)}
              </td>
            </tr>
          )}
        </tbody>
      </table>
      {settled.length > limit && (
        <div className={styles.older}>
          <Button size="sm" onClick={() => setLimit(limit + rowsAtOnce)}>
            Show {Math.min(rowsAtOnce, settled.length - limit)} older
          </Button>
          <span className="small t3 num">
            {limit.toLocaleString('en')} of {settled.length.toLocaleString('en')}
          </span>
        </div>
      )}
    </Panel>
  )
}

function noCalls(session: Session, held: number, only: VerdictName | undefined): string {
  if (only !== undefined) return only === 'held' && held > 0 ? 'Held calls stand above.' : 'No call has this verdict.'
  if (held > 0) return 'No other call yet.'
  return session.state === 'live' ? 'No calls yet. Connect a client, or use the tester.' : 'Nobody made a call in this session.'
}

function countVerdicts(calls: readonly Call[]): Record<VerdictName, number> {
  const counts: Record<VerdictName, number> = { allowed: 0, masked: 0, held: 0, denied: 0, failed: 0 }
  for (const call of calls) counts[call.verdict] += 1
  return counts
}
