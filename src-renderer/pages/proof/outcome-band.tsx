import { ShieldCheck, ShieldX } from 'lucide-react'
import type { Verification } from '../../../src-protocol/verification.ts'
import { describeOutcome } from './proof-wording.ts'
import styles from './outcome-band.module.css'

/** The result, in a sentence. */
export function OutcomeBand({ verification, seq }: { verification: Verification; seq: number | undefined }) {
  const { verified, headline, sentence, held } = describeOutcome(verification, seq)
  const Icon = verified ? ShieldCheck : ShieldX
  return (
    <section className={`${styles.band} ${verified ? styles.verified : styles.failed}`} role="status" aria-label="Result">
      <Icon className="large" aria-hidden />
      <div className="grow">
        <h2>{headline}</h2>
        <p>{sentence}</p>
      </div>
      <p className={`${styles.meta} small t2 num`}>
        {held} of {verification.steps.length} steps hold
        <br />
        checked on this computer
      </p>
    </section>
  )
}
