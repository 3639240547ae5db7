import { Link } from '@tanstack/react-router'
import type { Overview } from '../../../src-protocol/overview.ts'
import { verdictLook } from '../../components/verdict.tsx'
import styles from './overview.module.css'

/** The large numbers on top. */
export function OverviewFigures({ found: { sessions, people, calls, period } }: { found: Overview }) {
  return (
    <dl className={styles.figures}>
      <Figure title="Sessions opened" count={sessions} search={{ ...period, opened: 'yes' }} />
      <Figure title="People" count={people} search={{ ...period }} />
      {(['allowed', 'masked', 'held', 'denied'] as const).map((verdict) => {
        const { icon: Icon, word } = verdictLook[verdict]
        return (
          <Figure
            key={verdict}
            title={
              <span className={styles[verdict]}>
                <Icon className="small" aria-hidden /> Calls {word.toLowerCase()}
              </span>
            }
            count={calls[verdict]}
            search={{ ...period, verdict }}
          />
        )
      })}
    </dl>
  )
}

function Figure({ title, count, search }: { title: React.ReactNode; count: number; search: Record<string, unknown> }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd className="num">
        {count === 0 ? (
          <span className="t3">0</span>
        ) : (
          <Link to="/overview/sessions" search={search}>
            {count.toLocaleString('en')}
          </Link>
        )}
      </dd>
    </div>
  )
}
