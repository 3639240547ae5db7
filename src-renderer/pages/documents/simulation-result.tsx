import { Link } from '@tanstack/react-router'
import { ArrowRight, Ban, ChevronRight, CircleCheck, CircleHelp, EyeOff, Hourglass, type LucideIcon } from 'lucide-react'
import { useState } from 'react'
import type { PolicySimulation, SimulatedChange, SimulatedEffect, SimulationRun } from '../../../src-protocol/simulation.ts'
import { formatDateTime, formatUtc } from '../../components/time.ts'
import { VisibleText } from '../../components/visible-text.tsx'
import { useVirtualRows } from '../../components/use-virtual-rows.ts'
import { ToneMark, type Tone } from '../../components/verdict.tsx'
import { count, counted, effectWords, sumUp } from './simulation-words.ts'
import styles from './simulation.module.css'

const looks: Record<SimulatedEffect, { icon: LucideIcon; tone: Tone | undefined }> = {
  allow: { icon: CircleCheck, tone: 'allowed' },
  mask: { icon: EyeOff, tone: 'masked' },
  review: { icon: Hourglass, tone: 'held' },
  deny: { icon: Ban, tone: 'denied' },
  indeterminate: { icon: CircleHelp, tone: undefined },
}

/** How much would be otherwise, and every message of it, each a way into its recording. */
export function SimulationResult({ run, result }: { run: SimulationRun; result: PolicySimulation }) {
  const { changed, unchanged, transitions, indeterminate } = sumUp(result)
  const [shown, setShown] = useState(() => keyOf(transitions[0] ?? { to: 'indeterminate' }))
  const listed = result.changes.filter((change) => keyOf(change) === shown)
  if (result.messages === 0) {
    return (
      <div className={styles.sentence}>
        <h3>There was nothing to decide about</h3>
        <p className="t2">
          {run.total === 0 ? 'No recording fits this choice.' : 'The recordings hold no message that a policy decides about.'}
        </p>
      </div>
    )
  }
  return (
    <>
      <div className={styles.sentence}>
        <h3>
          Against {counted(result.sessions, 'session', 'sessions')}, {counted(changed, 'message', 'messages')} would be decided otherwise
        </h3>
        <p className="t2">
          Of {counted(result.messages, 'recorded message', 'recorded messages')}, {count(unchanged)} would be decided as before.
          {run.skipped > 0 && ` ${counted(run.skipped, 'recording', 'recordings')} could not be read to the end.`}
          {result.unreadable > 0 && ` ${counted(result.unreadable, 'message', 'messages')} could not be read.`}
        </p>
      </div>
      {transitions.length + indeterminate > 0 && (
        <div className={styles.sums} role="group" aria-label="Show the changes">
          {transitions.map((transition) => (
            <button
              key={keyOf(transition)}
              type="button"
              aria-pressed={shown === keyOf(transition)}
              onClick={() => setShown(keyOf(transition))}
            >
              <span className={styles.number}>{count(transition.count)}</span>
              <Transition {...transition} />
            </button>
          ))}
          {indeterminate > 0 && (
            <button type="button" aria-pressed={shown === 'indeterminate'} onClick={() => setShown('indeterminate')}>
              <span className={styles.number}>{count(indeterminate)}</span>
              <Effect effect="indeterminate" />
            </button>
          )}
        </div>
      )}
      {listed.length > 0 && <Changes key={shown} changes={listed} total={totalOf(result, shown)} />}
      {indeterminate > 0 && (
        <p className={`${styles.footnote} small t2`}>
          Indeterminate: a condition reads a value that is masked in the recording. It is never guessed.
        </p>
      )}
    </>
  )
}

const keyOf = ({ from, to }: { from?: string; to: SimulatedEffect }): string => (to === 'indeterminate' ? to : `${from} ${to}`)

const totalOf = ({ transitions }: PolicySimulation, key: string): number =>
  transitions.reduce((total, transition) => (keyOf(transition) === key ? total + transition.count : total), 0)

function Changes({ changes, total }: { changes: readonly SimulatedChange[]; total: number }) {
  const sessions = new Set(changes.map(({ session }) => session)).size
  const { scroller, items, total: height } = useVirtualRows({ count: changes.length, rowHeight: 48 })
  return (
    <>
      <p className={`${styles.hint} small t3`}>
        {total > changes.length
          ? `${count(changes.length)} of ${count(total)} are listed. Open one to replay it.`
          : `In ${counted(sessions, 'session', 'sessions')}. Open one to replay it.`}
      </p>
      <div ref={scroller} className={styles.changes}>
        <ul style={{ height }} aria-label="Changes">
          {items.map(({ index, start }) => {
            const change = changes[index]
            return (
              change !== undefined && (
                <li key={index} style={{ transform: `translateY(${start}px)` }}>
                  <ChangeLink change={change} />
                </li>
              )
            )
          })}
        </ul>
      </div>
    </>
  )
}

function ChangeLink({ change }: { change: SimulatedChange }) {
  const { session, seq, at, person, connection, method, tool, summary, from, to, rule, because } = change
  return (
    <Link to="/recordings/$session" params={{ session }} search={{ seq }} className={styles.change} title={because}>
      <time dateTime={at} title={formatUtc(at)} className="small t3 num">
        {formatDateTime(at)}
      </time>
      <span className={styles.what}>
        <span className="mono ellipsis">
          <VisibleText text={summary === '' ? (tool ?? method) : summary} />
        </span>
        <span className="small t3 ellipsis">
          {person.name} · {connection} · <VisibleText text={tool ?? method} /> · {rule === null ? 'no rule' : rule}
        </span>
      </span>
      <Transition from={from} to={to} />
      <ChevronRight className="small" aria-hidden />
    </Link>
  )
}

function Transition({ from, to }: { from: SimulatedEffect; to: SimulatedEffect }) {
  return (
    <span className={styles.transition}>
      <Effect effect={from} />
      <ArrowRight className="small" aria-hidden />
      <span className="unseen">becomes</span>
      <Effect effect={to} />
    </span>
  )
}

function Effect({ effect }: { effect: SimulatedEffect }) {
  const { icon, tone } = looks[effect]
  return <ToneMark icon={icon} tone={tone} word={effectWords[effect]} />
}
