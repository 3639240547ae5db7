import { Link } from '@tanstack/react-router'
import { ChevronRight, LoaderCircle, ShieldCheck, ShieldQuestionMark, ShieldX } from 'lucide-react'
import type { ReactNode } from 'react'
import type { AppError } from '../../../src-protocol/app-error.ts'
import type { SessionId } from '../../../src-protocol/ids.ts'
import type { Verdict as VerdictName } from '../../../src-protocol/model.ts'
import type { ApprovalRecord, Exempted, MessageRecord } from '../../../src-protocol/recording.ts'
import type { Verification } from '../../../src-protocol/verification.ts'
import { Facts, type Fact } from '../../components/facts.tsx'
import { Hash } from '../../components/hash.tsx'
import { CopyLink } from './copy-link.tsx'
import { MediaList } from '../../components/media-list.tsx'
import { formatTime, formatUtc } from '../../components/time.ts'
import { Verdict } from '../../components/verdict.tsx'
import { VisibleText } from '../../components/visible-text.tsx'
import { ApprovalEvents } from './approval-events.tsx'
import { LeftOutList } from './left-out-list.tsx'
import { isMessage } from './message-content.ts'
import type { Exchange } from './use-exchange.ts'
import styles from './record-side.module.css'

interface RecordSideProps {
  session: SessionId
  exchange: Exchange
  verdict: VerdictName | undefined
  proof: { verification: Verification | undefined; error: AppError | null }
}

/** Beside a message: who or what decided, what is stored, and whether it can be believed. */
export function RecordSide({ session, exchange, verdict, proof }: RecordSideProps) {
  const { shown, request, approvals } = exchange
  const message = isMessage(shown.record) ? shown.record : undefined
  const decided = message?.decision ? message : request?.record
  return (
    <aside className={styles.side} aria-label={`About message ${shown.seq}`}>
      {(decided?.decision || verdict) && (
        <section>
          <h3>Decision {verdict && <Verdict verdict={verdict} form="badge" />}</h3>
          <DecisionFacts decided={decided} message={message} />
        </section>
      )}
      {decided?.decision && (
        <section>
          <h3>Approval</h3>
          <ApprovalSection decided={decided} approvals={approvals} />
        </section>
      )}
      {message?.leftOut && (
        <section>
          <h3>Not shown to the client</h3>
          <LeftOutList leftOut={message.leftOut} more={message.leftOutMore ?? 0} />
        </section>
      )}
      {message?.media && message.media.length > 0 && (
        <section>
          <h3>Recorded without its bytes</h3>
          <MediaList media={message.media} more={message.mediaMore} />
        </section>
      )}
      <section>
        <h3>Record</h3>
        <Facts items={recordFacts(exchange)} />
        <CopyLink session={session} seq={shown.seq} />
      </section>
      <section>
        <h3>Proof</h3>
        <ProofLink session={session} seq={shown.seq} {...proof} />
      </section>
    </aside>
  )
}

function DecisionFacts({ decided, message }: { decided: MessageRecord | undefined; message: MessageRecord | undefined }) {
  const decision = decided?.decision
  const masks = message?.masks ?? []
  const maskRules = [...new Set(masks.map((mask) => mask.rule))]
  const masked = masks.reduce((total, mask) => total + mask.count, 0)
  const facts: Fact[] = []
  if (decision) facts.push({ label: 'Rule', value: decision.rule === null ? 'none matched' : <RuleName rule={decision.rule} /> })
  if (maskRules.length > 0) facts.push({ label: 'Masked by', value: maskRules.map((rule) => <RuleName key={rule} rule={rule} />) })
  if (decision) facts.push({ label: 'Policy', value: <Hash value={decision.policyVersion} label="policy version" /> })
  if (message) facts.push({ label: 'Masking', value: <Hash value={message.maskingVersion} label="masking version" /> })
  return (
    <>
      <p className="t2">
        {decision && <VisibleText text={decision.because} />}
        {masked > 0 &&
          ` ${masked} ${masked === 1 ? 'value' : 'values'} masked in ${masks.length} ${masks.length === 1 ? 'place' : 'places'}.`}
        {message?.exempted?.map((exempted) => (
          <Exemption key={exempted.rule} exempted={exempted} direction={message.direction} />
        ))}
      </p>
      <Facts items={facts} />
    </>
  )
}

/** The recording is masked all the same; this says what the client got. */
function Exemption({ exempted: { rule, group, count }, direction }: { exempted: Exempted; direction: MessageRecord['direction'] }) {
  const values = `${count} ${count === 1 ? 'value' : 'values'}`
  return (
    <>
      {' '}
      {direction === 'server' ? `${values} delivered unmasked: ` : `Not blocked, with ${values}: `}
      rule <RuleName rule={rule} /> does not apply to group <VisibleText text={group} />, which is exempt.
    </>
  )
}

function RuleName({ rule }: { rule: string }) {
  return (
    <span className={`${styles.rule} mono`}>
      <VisibleText text={rule} />
    </span>
  )
}

function ApprovalSection({ decided, approvals }: { decided: MessageRecord; approvals: readonly ApprovalRecord[] }): ReactNode {
  if (approvals.length > 0) return <ApprovalEvents approvals={approvals} />
  const { effect, rule } = decided.decision ?? {}
  if (effect === 'review') return <p className="t2">Needed by the rule, but no request for it is in the recording.</p>
  return (
    <p className="t2">
      Not {effect === 'deny' ? 'asked for' : 'needed'}: {rule ? <RuleInSentence rule={rule} /> : 'no rule'}{' '}
      {effect === 'deny' ? 'refuses it.' : 'allows it.'}
    </p>
  )
}

function RuleInSentence({ rule }: { rule: string }) {
  return (
    <>
      rule{' '}
      <span className="mono">
        <VisibleText text={rule} />
      </span>
    </>
  )
}

function recordFacts({ shown }: Exchange): Fact[] {
  const { record, leaf } = shown
  const facts: Fact[] = []
  if (record) facts.push({ label: 'Written', value: <WrittenAt at={record.at} /> })
  if (isMessage(record)) {
    facts.push({ label: 'SHA-256', value: <Hash value={record.sha256} length={8} label="SHA-256 of the message" /> })
  }
  facts.push({ label: 'Leaf', value: <Hash value={leaf} length={8} label="leaf hash of the record" /> })
  return facts
}

/** To the millisecond, as recorded. */
function WrittenAt({ at }: { at: string }) {
  return (
    <time className="num" dateTime={at} title={formatUtc(at)}>
      {formatTime(at)}
      {/\.\d{3}(?=Z$)/.exec(at)?.[0]}
    </time>
  )
}

interface ProofLinkProps {
  session: SessionId
  seq: number
  verification: Verification | undefined
  error: AppError | null
}

function ProofLink({ session, seq, verification, error }: ProofLinkProps) {
  const passed = verification?.steps.filter((step) => step.outcome === 'passed').length ?? 0
  const [Icon, tone, text] = error
    ? ([ShieldQuestionMark, '', 'Could not be checked'] as const)
    : !verification
      ? ([LoaderCircle, '', 'Checking…'] as const)
      : verification.verified
        ? ([ShieldCheck, styles.verified, `Verified, ${passed} of ${verification.steps.length} steps`] as const)
        : ([ShieldX, styles.failed, `Fails, ${passed} of ${verification.steps.length} steps hold`] as const)
  return (
    <Link to="/recordings/$session/proof" params={{ session }} search={{ seq }} className={`${styles.proof} ${tone}`}>
      <Icon aria-hidden />
      <span className="grow">{text}</span>
      <ChevronRight aria-hidden />
    </Link>
  )
}
