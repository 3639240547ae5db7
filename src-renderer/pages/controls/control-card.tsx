import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { CircleCheck, CircleHelp, CircleX, Play } from 'lucide-react'
import { controls } from '../../../src-core/evidence/controls.ts'
import type { ControlEvidence, ControlTestResult } from '../../../src-protocol/controls.ts'
import type { Period } from '../../../src-protocol/overview.ts'
import { Panel } from '../../components/panel.tsx'
import { formatTook } from '../../components/time.ts'
import { Timestamp } from '../../components/timestamp.tsx'
import { ToneMark } from '../../components/verdict.tsx'
import { linkOf } from './link-of.ts'
import styles from './controls.module.css'

interface ControlCardProps {
  evidence: ControlEvidence
  period: Period
  result: ControlTestResult | undefined
  running: boolean
  onTest: () => void
}

/** One criterion: what is held on the left, its test and what is missing beside it. */
export function ControlCard({ evidence: { control, held, missing }, period, result, running, onTest }: ControlCardProps) {
  const words = controls.find(({ id }) => id === control)
  return (
    <Panel
      title={
        <>
          <span className={`mono ${styles.id}`}>{control}</span>
          {words?.title}
        </>
      }
      actions={
        <Button
          size="sm"
          leftSection={<Play className="small" aria-hidden />}
          loading={running}
          onClick={onTest}
          aria-label={`Run test of ${control}`}
        >
          Run test
        </Button>
      }
    >
      <div className={styles.card}>
        <section aria-label={`Evidence for ${control}`}>
          <h3>Evidence in this period</h3>
          <ul className={styles.held}>
            {held.map(({ what, count, link }) => (
              <li key={what}>
                <span className={`${styles.count} num`}>
                  {link === undefined || count === 0 ? (
                    count.toLocaleString('en')
                  ) : (
                    <Link {...linkOf(link, period)}>{count.toLocaleString('en')}</Link>
                  )}
                </span>
                <span className="t2">{what}</span>
              </li>
            ))}
          </ul>
        </section>
        <section aria-label={`Test of ${control}`}>
          <h3>Test</h3>
          <p className="t2">{words?.test}</p>
          {result === undefined ? (
            <p className="small t3">Not run yet. It runs on this gateway as it is now, and its result stands in the log.</p>
          ) : (
            <Result result={result} />
          )}
        </section>
        <section aria-label={`What is missing for ${control}`}>
          <h3>What it does not show</h3>
          {missing.length === 0 ? (
            <p className="t3">Nothing that we know of.</p>
          ) : (
            <ul className={styles.missing}>
              {missing.map((sentence) => (
                <li key={sentence} className="t2">
                  {sentence}
                </li>
              ))}
            </ul>
          )}
        </section>
      </div>
    </Panel>
  )
}

const looks = {
  held: { icon: CircleCheck, tone: 'allowed', word: 'Passed' },
  failed: { icon: CircleX, tone: 'denied', word: 'Failed' },
  'not-possible': { icon: CircleHelp, tone: undefined, word: 'Could not be tried' },
} as const

function Result({ result: { outcome, steps, at, tookMs, logIndex } }: { result: ControlTestResult }) {
  return (
    <div role="status">
      <p className={styles.outcome}>
        <ToneMark {...looks[outcome]} form="badge" />
        <span className="small t3">
          <Timestamp at={at} form="time" />, took {formatTook(tookMs)}, log entry{' '}
          <span className="num">{logIndex.toLocaleString('en')}</span>
        </span>
      </p>
      <ul className={`${styles.steps} small`}>
        {steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ul>
    </div>
  )
}
