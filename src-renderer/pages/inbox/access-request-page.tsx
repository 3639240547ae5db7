import { TextInput } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { Ban, Check, CircleCheck, Fingerprint, Hourglass } from 'lucide-react'
import { useRef, useState } from 'react'
import type { AccessRequest } from '../../../src-protocol/access.ts'
import { usePerson } from '../../api/use-desktop-state.ts'
import { Facts } from '../../components/facts.tsx'
import { spokenDigest } from '../../components/hash.tsx'
import { KeyHint } from '../../components/key-hint.tsx'
import { ReasonButton } from '../../components/reason-button.tsx'
import { TimeLeft } from '../../components/time-left.tsx'
import { Timestamp } from '../../components/timestamp.tsx'
import { useNow } from '../../components/use-now.ts'
import { ToneMark } from '../../components/verdict.tsx'
import { VisibleText } from '../../components/visible-text.tsx'
import { endOfRequest, whyNotDecideAccess } from '../access/access-words.ts'
import { formatMinutes } from '../connections/session-length.ts'
import { ConfirmAccess } from './confirm-access.tsx'
import styles from './inbox.module.css'

const shortestReason = 3

/** One request for access: who, to what, why, for how long; the decision fixed at the bottom. */
export function AccessRequestPage({ request }: { request: AccessRequest }) {
  const person = usePerson()
  const now = useNow()
  const [reason, setReason] = useState('')
  const [reasonMissing, setReasonMissing] = useState(false)
  const [deciding, setDeciding] = useState<'approve' | 'deny'>()
  const field = useRef<HTMLInputElement>(null)
  const obstacle = whyNotDecideAccess(request, person, now)
  const pending = request.state === 'pending'

  const decide = (decision: 'approve' | 'deny'): void => {
    // while one decision is looked at, a key must not turn it into the other
    if (obstacle !== undefined || deciding !== undefined) return
    if (decision === 'deny' && reason.trim().length < shortestReason) {
      setReasonMissing(true)
      field.current?.focus()
    } else setDeciding(decision)
  }
  useHotkeys([
    ['A', () => decide('approve')],
    ['D', () => decide('deny')],
  ])

  return (
    <>
      <header className={styles.head}>
        <div className="grow">
          <div className="row">
            <h1 className="ellipsis">Access to {request.connection}</h1>
            <State request={request} />
          </div>
          <p className="t2">
            <span className="t3">Their reason</span>&ensp;
            {request.reason === '' ? 'none' : <VisibleText text={`“${request.reason}”`} />}
          </p>
        </div>
        {pending && (
          <div className={styles.deadline}>
            <div>
              <TimeLeft until={request.decideBy} />
            </div>
            <div className="small t3 nowrap">to decide · then refused</div>
          </div>
        )}
      </header>
      <div className={styles.scroll}>
        <section className={styles.card} aria-label="What is asked for">
          <Facts
            items={[
              {
                label: 'Who',
                value: `${request.requester.name}${request.requester.email === undefined ? '' : ` · ${request.requester.email}`}`,
              },
              { label: 'Groups', value: request.requester.groups.join(', ') },
              { label: 'Rule', value: request.ruleTitle },
              { label: 'For how long', value: formatMinutes(request.minutes) },
              {
                label: 'Ticket',
                value: request.ticket === undefined ? <span className="t3">none</span> : <VisibleText text={request.ticket} />,
              },
              { label: 'Asked', value: <Timestamp at={request.requestedAt} form="date-time" /> },
              ...(pending ? [] : [{ label: 'Outcome', value: endOfRequest(request) }]),
            ]}
          />
        </section>
        <p className="t2">
          Access opens the right to start sessions on {request.connection} until it ends. What may run in them, policy decides call by call,
          as ever.
        </p>
      </div>
      {pending && (
        <footer className={styles.foot}>
          <div className={styles.digest}>
            <Fingerprint className="small" aria-hidden />
            <span title={request.digest}>
              Your key signs digest <span className="mono bold">{spokenDigest(request.digest)}</span>: this person, connection, rule, reason
              and time.
            </span>
          </div>
          <div className={styles.decide}>
            {obstacle === undefined ? (
              <TextInput
                ref={field}
                className="grow"
                aria-label="Reason"
                placeholder="Reason, required to deny"
                maxLength={1000}
                value={reason}
                onChange={(event) => {
                  setReason(event.currentTarget.value)
                  setReasonMissing(false)
                }}
                error={reasonMissing ? 'Say in a few words why: the requester reads it, and it stands in the log.' : undefined}
                onKeyDown={(event) => {
                  if (event.key === 'Escape') event.currentTarget.blur()
                }}
              />
            ) : (
              <p className="grow t2">{obstacle}</p>
            )}
            <ReasonButton
              variant="danger"
              reason={obstacle}
              leftSection={<Ban aria-hidden />}
              rightSection={<KeyHint>D</KeyHint>}
              onClick={() => decide('deny')}
            >
              Deny
            </ReasonButton>
            <ReasonButton
              variant="filled"
              reason={obstacle}
              leftSection={<Check aria-hidden />}
              rightSection={<KeyHint>A</KeyHint>}
              onClick={() => decide('approve')}
            >
              Approve
            </ReasonButton>
          </div>
        </footer>
      )}
      {deciding !== undefined && (
        <ConfirmAccess
          request={request}
          decision={deciding}
          reason={reason.trim()}
          obstacle={obstacle}
          onClose={() => setDeciding(undefined)}
        />
      )}
    </>
  )
}

function State({ request: { state } }: { request: AccessRequest }) {
  if (state === 'pending') return <ToneMark icon={Hourglass} tone="held" word="Waiting" form="badge" />
  if (state === 'granted') return <ToneMark icon={CircleCheck} tone="allowed" word="Granted" form="badge" />
  return <ToneMark icon={Ban} tone="denied" word={state.replace(/^./, (letter) => letter.toUpperCase())} form="badge" />
}
