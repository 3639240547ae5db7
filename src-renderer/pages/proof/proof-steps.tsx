import { Link } from '@tanstack/react-router'
import { Check, CircleCheck, CircleMinus, CircleX, Minus, X } from 'lucide-react'
import type { ReactNode } from 'react'
import type { SessionId } from '../../../src-protocol/ids.ts'
import type { Verification, VerificationStep } from '../../../src-protocol/verification.ts'
import { Hash } from '../../components/hash.tsx'
import { formatDateTime, formatUtc } from '../../components/time.ts'
import { ToneMark } from '../../components/verdict.tsx'
import { outcomeWord } from './proof-wording.ts'
import styles from './proof-steps.module.css'

/** The steps as one chain: solid where it holds, broken where it does not. */
export function ProofSteps({ verification, session }: { verification: Verification; session: SessionId }) {
  return (
    <ol className={styles.steps} aria-label="Steps of the proof">
      {verification.steps.map((step, at) => (
        <Step key={step.id} step={step} number={at + 1}>
          {step.outcome === 'failed' && step.id === firstFailure(verification) && verification.seq !== undefined && (
            <p className={styles.place}>
              <Link to="/recordings/$session" params={{ session }} search={{ seq: verification.seq }}>
                Show record {verification.seq}
              </Link>
            </p>
          )}
        </Step>
      ))}
    </ol>
  )
}

const marks = {
  passed: { dot: Check, icon: CircleCheck, tone: 'allowed' },
  failed: { dot: X, icon: CircleX, tone: 'denied' },
  skipped: { dot: Minus, icon: CircleMinus, tone: undefined },
} as const

function Step({ step, number, children }: { step: VerificationStep; number: number; children: ReactNode }) {
  const { dot: Dot, icon, tone } = marks[step.outcome]
  return (
    <li className={`${styles.step} ${styles[step.outcome]}`}>
      <span className={styles.dot}>
        <Dot aria-hidden />
      </span>
      <div>
        <h3>
          {number}. {step.title}
        </h3>
        <p className="t2">{step.sentence}</p>
      </div>
      <div className={styles.outcome}>
        <ToneMark icon={icon} tone={tone} word={outcomeWord(step)} />
        {step.outcome !== 'skipped' && step.ms > 0 && (
          <div className="small t3 num">{step.ms.toLocaleString('en', { maximumFractionDigits: 1 })} ms</div>
        )}
      </div>
      {step.facts.length > 0 && (
        <dl className={styles.facts}>
          {step.facts.map(({ label, value }) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd className="mono">
                <FactValue label={label} value={value} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {children}
    </li>
  )
}

const timestamp = /\d{4}-\d\d-\d\dT[\d:.]+Z/

/** Hashes are cut and can be copied; times are local. */
function FactValue({ label, value }: { label: string; value: string }) {
  if (/^[0-9a-f]{64}$/.test(value)) return <Hash value={value} length={8} label={label} />
  const at = timestamp.exec(value)?.[0]
  if (at === undefined) return value
  return <span title={formatUtc(at)}>{value.replace(at, formatDateTime(at))}</span>
}

function firstFailure({ steps }: Verification): VerificationStep['id'] | undefined {
  return steps.find((step) => step.outcome === 'failed')?.id
}
