import { Link } from '@tanstack/react-router'
import { ShieldCheck, TriangleAlert } from 'lucide-react'
import type { ApprovalOutcome, EvidenceGap, Overview, Period } from '../../../src-protocol/overview.ts'
import { CountBars, type CountBar } from '../../components/charts/count-bars.tsx'
import { VerdictBars } from '../../components/charts/verdict-bars.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { Note } from '../../components/note.tsx'
import { Panel } from '../../components/panel.tsx'
import { VerdictCounts, VerdictCountsHead } from '../../components/verdict-counts.tsx'
import { UnreviewedNote } from '../break-glass/unreviewed-note.tsx'
import { gapText, outcomeTitles, waitingTitles, waitText } from './overview-words.ts'
import { OverviewFigures } from './overview-figures.tsx'
import { seriesBars } from './series-bars.ts'
import styles from './overview.module.css'

/** The numbers of a period; each leads to its rows. */
export function OverviewPanels({ found, onPeriod }: { found: Overview; onPeriod: (period: Period) => void }) {
  const onDay = ({ day }: { day: string }): void => onPeriod({ from: day, to: day })
  const gaps = found.gaps.filter(({ count }) => count > 0)
  if (found.sessions === 0 && found.series.length === 0 && gaps.length === 0) {
    return (
      <EmptyState
        title="Nothing happened in this period"
        sentence="No session was opened, and none went on. Choose another period, or wait for the first session."
      />
    )
  }
  return (
    <div className={`page-body ${styles.body}`}>
      <OverviewFigures found={found} />
      <Gaps found={found} />
      <UnreviewedNote />
      <Panel title="Calls by verdict" meta={found.grain === 'hour' ? 'each hour' : 'each day'}>
        <VerdictBars
          bars={seriesBars(found)}
          label={`Calls by verdict, each ${found.grain}`}
          onPick={found.grain === 'day' ? onDay : undefined}
        />
      </Panel>
      <div className={styles.columns}>
        <Approvals found={found} />
        <Masks found={found} />
      </div>
      <Access found={found} />
    </div>
  )
}

function Gaps({ found: { gaps, period } }: { found: Overview }) {
  const some = gaps.filter(({ count }) => count > 0)
  if (some.length === 0) {
    return (
      <p className={`${styles.whole} small t2`}>
        <ShieldCheck className="small" aria-hidden /> No gap in the evidence: no number of a session is missing, and every recording was
        closed in order.
      </p>
    )
  }
  return (
    <Note tone="denied" icon={TriangleAlert} title="There are gaps in the evidence.">
      <span className={styles.gaps}>
        {some.map(({ gap, count }) => (
          <Link key={gap} to="/overview/sessions" search={{ ...period, gap: gap satisfies EvidenceGap }}>
            {count.toLocaleString('en')} {gapText(gap, count)}
          </Link>
        ))}
      </span>
    </Note>
  )
}

const outcomeTones: Partial<Record<ApprovalOutcome, CountBar['tone']>> = {
  approved: 'allowed',
  denied: 'denied',
  pending: 'held',
  expired: 'held',
}

function Approvals({ found: { approvals, period } }: { found: Overview }) {
  const { outcomes, waiting, medianSeconds, longestSeconds } = approvals
  const total = outcomes.reduce((sum, { count }) => sum + count, 0)
  return (
    <Panel
      title="Approvals"
      meta={
        total === 0 ? (
          0
        ) : (
          <Link to="/overview/approvals" search={{ ...period }}>
            {total.toLocaleString('en')}
          </Link>
        )
      }
    >
      {total === 0 ? (
        <p className="t2">No call was held in this period.</p>
      ) : (
        <div className={styles.stack}>
          <CountBars
            label="Approvals by outcome"
            unit="Requests"
            bars={outcomes.map(({ outcome, count }) => ({
              key: outcome,
              label: outcomeTitles[outcome],
              count,
              tone: outcomeTones[outcome] ?? 'plain',
              to: { to: '/overview/approvals', search: { ...period, outcome } },
            }))}
          />
          <div>
            <h3 className={styles.sub}>
              How long people took
              {medianSeconds !== undefined && longestSeconds !== undefined && (
                <span className="small t3 num">
                  {' '}
                  half within {waitText(medianSeconds)}, the longest {waitText(longestSeconds)}
                </span>
              )}
            </h3>
            <CountBars
              label="Waiting times of approved and denied requests"
              unit="Requests"
              bars={waiting.map((count, waited) => ({
                key: String(waited),
                label: waitingTitles[waited] ?? '',
                count,
                to: { to: '/overview/approvals', search: { ...period, waited } },
              }))}
            />
          </div>
        </div>
      )}
    </Panel>
  )
}

function Masks({ found: { masks, period } }: { found: Overview }) {
  const total = masks.reduce((sum, { values }) => sum + values, 0)
  return (
    <Panel
      title="Masked values"
      meta={
        total === 0 ? (
          0
        ) : (
          <Link to="/overview/sessions" search={{ ...period, verdict: 'masked' }}>
            {total.toLocaleString('en')}
          </Link>
        )
      }
    >
      {masks.length === 0 ? (
        <p className="t2">Nothing was masked in this period.</p>
      ) : (
        <CountBars
          label="Masked values by rule"
          unit="Values"
          bars={masks.map(({ rule, values }) => ({
            key: rule,
            label: <span className="mono">{rule}</span>,
            count: values,
            tone: 'masked',
            to: { to: '/overview/sessions', search: { ...period, rule } },
          }))}
        />
      )}
    </Panel>
  )
}

function Access({ found: { access, accessMore, period } }: { found: Overview }) {
  return (
    <Panel
      title="Who used what"
      meta={(access.length + accessMore).toLocaleString('en')}
      flush
      actions={<Link to="/access-review">Access review</Link>}
    >
      <table className={`table ${styles.access}`}>
        <thead>
          <tr>
            <th>Person</th>
            <th>Connection</th>
            <th className="numeric">Sessions</th>
            <th className={styles.counts}>
              <VerdictCountsHead wide />
            </th>
          </tr>
        </thead>
        <tbody>
          {access.map(({ person, connection, sessions, calls }) => (
            <tr key={`${person.sub} ${connection}`}>
              <td title={person.sub}>{person.name}</td>
              <td>{connection}</td>
              <td className="numeric">
                <Link
                  to="/overview/sessions"
                  search={{ ...period, person: person.sub, connection }}
                  aria-label={`${sessions} sessions of ${person.name} on ${connection}`}
                >
                  {sessions.toLocaleString('en')}
                </Link>
              </td>
              <td>
                <VerdictCounts
                  counts={calls}
                  rows={{
                    of: `${person.name} on ${connection}`,
                    search: (verdict) => ({ ...period, person: person.sub, connection, verdict }),
                  }}
                />
              </td>
            </tr>
          ))}
          {access.length === 0 && (
            <tr>
              <td colSpan={4} className="t3">
                Nobody used a connection.
              </td>
            </tr>
          )}
        </tbody>
      </table>
      {accessMore > 0 && (
        <p className={`${styles.more} small t3`}>
          {accessMore.toLocaleString('en')} more that were used less: <Link to="/access-review">all of them</Link>.
        </p>
      )}
    </Panel>
  )
}
