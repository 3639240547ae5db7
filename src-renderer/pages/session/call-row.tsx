import { Link } from '@tanstack/react-router'
import { ChevronDown } from 'lucide-react'
import { useState } from 'react'
import type { Call } from '../../../src-protocol/model.ts'
import { argumentMasks } from '../../components/argument-masks.ts'
import { Hash } from '../../components/hash.tsx'
import { MaskedText } from '../../components/masked-text.tsx'
import { formatTook } from '../../components/time.ts'
import { Timestamp } from '../../components/timestamp.tsx'
import { Verdict } from '../../components/verdict.tsx'
import { describeMasks } from './describe-masks.ts'
import { nextStep } from './next-step.ts'
import styles from './session.module.css'

/** One call. What was not simply allowed says why on a second line; of an allowed one the line opens on request. */
export function CallRow({ call }: { call: Call }) {
  const telling = call.verdict !== 'allowed'
  const [asked, setAsked] = useState(false)
  const open = telling || asked
  const name = call.tool ?? call.method
  return (
    <>
      <tr className={open ? styles.two : undefined}>
        <td className="mono t3">
          <Timestamp at={call.at} />
        </td>
        <td className="mono" title={call.direction === 'server' ? `${name}, asked by the server` : name}>
          {call.direction === 'server' ? `← ${name}` : name}
        </td>
        <td className="mono t2" title={call.summary}>
          <MaskedText text={call.summary} masks={argumentMasks(call)} short />
        </td>
        <td>
          {telling ? (
            <Verdict verdict={call.verdict} />
          ) : (
            <button type="button" className={styles.why} aria-expanded={asked} title="Why?" onClick={() => setAsked(!asked)}>
              <Verdict verdict={call.verdict} />
              <ChevronDown className="small" aria-hidden />
            </button>
          )}
        </td>
        <td className="numeric t3">{tookText(call)}</td>
      </tr>
      {open && (
        <tr className={styles.reason}>
          <td colSpan={2} />
          <td colSpan={3}>
            <Reason call={call} />
          </td>
        </tr>
      )}
    </>
  )
}

function Reason({ call }: { call: Call }) {
  if (call.verdict === 'masked') {
    const { rules, sentence } = describeMasks(call.masks)
    return (
      <>
        <span className={`mono ${styles.rule}`}>{rules.join(', ')}</span>
        {sentence}
      </>
    )
  }
  return (
    <>
      {call.rule !== undefined && call.verdict !== 'failed' && <span className={`mono ${styles.rule}`}>{call.rule}</span>}
      {call.because ?? (call.verdict === 'denied' ? 'No rule allows it.' : '')} {nextStep(call)}
      {call.approval !== undefined && (
        <>
          {' '}
          <Link to="/inbox/{-$approval}" params={{ approval: call.approval }}>
            See the decision
          </Link>
        </>
      )}
      {call.verdict !== 'failed' && call.policyVersion !== undefined && (
        <span className="t3">
          {' '}
          Policy <Hash value={call.policyVersion} label="policy version" />
        </span>
      )}
    </>
  )
}

function tookText(call: Call): string {
  if (call.verdict === 'denied') return 'not run'
  if (call.state === 'running') return 'running'
  return call.tookMs === undefined ? '' : formatTook(call.tookMs)
}
