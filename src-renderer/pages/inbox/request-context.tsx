import { Link } from '@tanstack/react-router'
import { Fragment } from 'react'
import type { Approval } from '../../../src-protocol/model.ts'
import { usePerson } from '../../api/use-desktop-state.ts'
import { argumentMasks } from '../../components/argument-masks.ts'
import { Facts } from '../../components/facts.tsx'
import { MaskedText } from '../../components/masked-text.tsx'
import { formatDay } from '../../components/time.ts'
import { Timestamp } from '../../components/timestamp.tsx'
import { ToneMark, Verdict } from '../../components/verdict.tsx'
import { VisibleText } from '../../components/visible-text.tsx'
import { outcomeOf } from './approval-outcome.ts'
import { sqlRemarks, whatItTouches } from './evidence.ts'
import styles from './inbox.module.css'

/** What ran just before, what the call touches, and what became of similar requests. */
export function RequestContext({ approval }: { approval: Approval }) {
  return (
    <>
      <section className={styles.card}>
        <h2>Just before, in this session</h2>
        {approval.before.length === 0 ? (
          <p className="t3">This is the first call of its session.</p>
        ) : (
          <div className={styles.before}>
            {approval.before.map((call) => (
              <Fragment key={call.seq}>
                <span className="t3">
                  <Timestamp at={call.at} />
                </span>
                <span className="mono ellipsis" title={call.summary}>
                  <MaskedText text={call.summary === '' ? (call.tool ?? call.method) : call.summary} masks={argumentMasks(call)} short />
                </span>
                <Verdict verdict={call.verdict} />
              </Fragment>
            ))}
          </div>
        )}
      </section>
      <div className={styles.beside}>
        <section className={styles.card}>
          <h2>What it touches</h2>
          <Touches approval={approval} />
        </section>
        <section className={styles.card}>
          <h2>Similar requests before</h2>
          <Similar approval={approval} />
        </section>
      </div>
    </>
  )
}

function Touches({ approval }: { approval: Approval }) {
  const touched = whatItTouches(approval)
  const remarks = sqlRemarks(approval.sql)
  if (touched.length === 0 && remarks.length === 0) return <p className="t3">Not known from the arguments: read them.</p>
  return (
    <Facts
      items={[
        ...touched.map(({ label, names }) => ({
          label,
          value: (
            <span className="mono">
              <VisibleText text={names.join(', ')} />
            </span>
          ),
        })),
        ...remarks.map((remark, index) => ({ label: index === 0 ? 'Also' : '', value: remark })),
      ]}
    />
  )
}

function Similar({ approval }: { approval: Approval }) {
  const you = usePerson()?.name
  if (approval.similar.length === 0) return <p className="t3">None for this connection, tool and rule.</p>
  return (
    <div className={styles.similar}>
      {approval.similar.map((earlier) => {
        const outcome = outcomeOf(earlier.state)
        const by = earlier.by === you ? 'you' : earlier.by
        return (
          <Fragment key={earlier.id}>
            <span className="t3 num nowrap">{formatDay(earlier.at)}</span>
            <Link
              className="mono ellipsis"
              to="/inbox/{-$approval}"
              params={{ approval: earlier.id }}
              title={`${earlier.requester}: ${earlier.summary}`}
            >
              {earlier.summary}
            </Link>
            <ToneMark {...outcome} word={by === undefined ? outcome.word : `${outcome.word}, ${by}`} />
          </Fragment>
        )
      })}
    </div>
  )
}
