import { useHotkeys } from '@mantine/hooks'
import { Gavel, TriangleAlert } from 'lucide-react'
import { useRef, useState } from 'react'
import type { Approval } from '../../../src-protocol/model.ts'
import { usePerson } from '../../api/use-desktop-state.ts'
import { Hash } from '../../components/hash.tsx'
import { Note } from '../../components/note.tsx'
import { TimeLeft } from '../../components/time-left.tsx'
import { formatDateTime } from '../../components/time.ts'
import { useNow } from '../../components/use-now.ts'
import { ToneMark } from '../../components/verdict.tsx'
import { outcomeOf } from './approval-outcome.ts'
import { ChoosePlace } from './choose-place.tsx'
import { ConfirmVote } from './confirm-vote.tsx'
import { claimAgainstFinding } from './evidence.ts'
import { decidedAt, whyNotDecide } from './inbox-lists.ts'
import { placesFor, useReceivedDelegations } from './places.ts'
import { RequestCode } from './request-code.tsx'
import { OwnRequest } from './own-request.tsx'
import { RequestContext } from './request-context.tsx'
import { RequestDecision } from './request-decision.tsx'
import { ReportRequest } from './report-request.tsx'
import { RequestFacts } from './request-facts.tsx'
import { RequestProgress } from './request-progress.tsx'
import { RequestVotes } from './request-votes.tsx'
import styles from './inbox.module.css'

/** One request: who, why, what exactly, what it touches, what came before; the decision fixed at the bottom. */
export function RequestPage({ approval }: { approval: Approval }) {
  const person = usePerson()
  const now = useNow()
  const [reason, setReason] = useState('')
  const [reasonMissing, setReasonMissing] = useState(false)
  const [deciding, setDeciding] = useState<'approve' | 'deny'>()
  const reasonField = useRef<HTMLInputElement>(null)
  const [reporting, setReporting] = useState(false)
  const [chosenPlace, setChosenPlace] = useState<string>()
  const received = useReceivedDelegations()
  const places = person === undefined ? [] : placesFor(approval, person.sub, received, now)
  const mayOwn = whyNotDecide(approval, person, now) === undefined
  // until one chooses: for oneself, if one may
  const place = places.find(({ id }) => id === chosenPlace) ?? (mayOwn ? undefined : places[0])
  const obstacle = whyNotDecide(approval, person, now, undefined, place)
  const approveObstacle = whyNotDecide(approval, person, now, 'approve', place)
  const own = approval.requester.sub === person?.sub

  const decide = (decision: 'approve' | 'deny'): void => {
    // while one decision is looked at, a key must not turn it into the other
    if (deciding !== undefined || reporting) return
    if ((decision === 'approve' ? approveObstacle : obstacle) !== undefined) return
    if (approval.reasonRequired && reason.trim() === '') {
      setReasonMissing(true)
      reasonField.current?.focus()
    } else setDeciding(decision)
  }
  useHotkeys([
    ['A', () => decide('approve')],
    ['D', () => decide('deny')],
  ])
  const claim = claimAgainstFinding(approval)

  return (
    <>
      <header className={styles.head}>
        <div className="grow">
          <div className="row">
            <h1 className="ellipsis">
              Run {approval.tool} on {approval.connection}
            </h1>
            <ToneMark {...outcomeOf(approval.state, approval.reported !== undefined)} form="badge" />
          </div>
          <p className="t2">
            <span className="t3">{approval.requester.sub === person?.sub ? 'Your reason' : 'Their reason'}</span>&ensp;“
            {approval.sessionReason}”
          </p>
        </div>
        <Deadline approval={approval} />
      </header>
      <div className={styles.scroll}>
        <RequestFacts approval={approval} />
        {approval.warnings.map((warning) => (
          <Note key={warning} tone="denied" icon={TriangleAlert} title="Look twice.">
            {warning}
          </Note>
        ))}
        <Note tone="held" icon={Gavel} title={approval.because}>
          Rule <span className="mono">{approval.rule}</span>, policy <Hash value={approval.policyVersion} label="policy version" />.
          {claim !== undefined && <span className={styles.claim}>{claim}</span>}
        </Note>
        {approval.state === 'pending' && (
          <ChoosePlace place={place} places={places} own={mayOwn} onChoose={(id) => deciding === undefined && setChosenPlace(id)} />
        )}
        <RequestCode approval={approval} />
        {approval.state === 'pending' && <RequestProgress approval={approval} />}
        {approval.state !== 'pending' && <RequestVotes approval={approval} />}
        <RequestContext approval={approval} />
      </div>
      {own && (approval.state === 'pending' || approval.state === 'approved') && <OwnRequest approval={approval} />}
      {!own && approval.state === 'pending' && (
        <RequestDecision
          approval={approval}
          obstacle={obstacle}
          approveObstacle={approveObstacle}
          reason={reason}
          onReason={(text) => {
            setReason(text)
            setReasonMissing(false)
          }}
          reasonMissing={reasonMissing}
          reasonField={reasonField}
          onDecide={decide}
          onReport={() => setReporting(true)}
        />
      )}
      {deciding !== undefined && (
        <ConfirmVote
          approval={approval}
          decision={deciding}
          reason={reason.trim()}
          place={place}
          obstacle={deciding === 'approve' ? approveObstacle : obstacle}
          onClose={() => setDeciding(undefined)}
        />
      )}
      {reporting && <ReportRequest approval={approval} place={place} obstacle={obstacle} onClose={() => setReporting(false)} />}
    </>
  )
}

function Deadline({ approval }: { approval: Approval }) {
  if (approval.state !== 'pending') return <div className="small t3 nowrap">{formatDateTime(decidedAt(approval))}</div>
  return (
    <div className={styles.deadline}>
      <div>
        <TimeLeft until={approval.decideBy} />
      </div>
      <div className="small t3 nowrap">to decide · then denied</div>
    </div>
  )
}
