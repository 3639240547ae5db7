import { Link } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import type { Approval } from '../../../src-protocol/model.ts'
import { usePerson } from '../../api/use-desktop-state.ts'
import { KeyHint } from '../../components/key-hint.tsx'
import { formatCountdown, formatDateTime, formatShortTime } from '../../components/time.ts'
import { useNow } from '../../components/use-now.ts'
import { ToneMark } from '../../components/verdict.tsx'
import { ReviewsDue } from '../break-glass/reviews-due.tsx'
import { AccessItems } from './access-items.tsx'
import { outcomeWithNames } from './approval-outcome.ts'
import { approvalProgress } from './approval-progress.ts'
import { decidedAt, type InboxLists } from './inbox-lists.ts'
import type { AccessInInbox } from './use-access-in-inbox.ts'
import styles from './inbox.module.css'

interface InboxListProps extends InboxLists {
  access: AccessInInbox
  chosen: string | undefined
}

/** Less than this is shown in bold. */
const urgentMs = 5 * 60_000

/** Requests by time left, then those that are decided. */
export function InboxList({ waiting, own, others, decided, access, chosen }: InboxListProps) {
  const count = waiting.length + access.waiting.length
  return (
    <aside className={styles.list} aria-label="Requests">
      <header className={styles.listHead}>
        <h2>Inbox</h2>
        <span className="t3 num">{count === 0 ? 'nothing waiting' : `${count} waiting`}</span>
      </header>
      <div className={styles.items}>
        <Section items={waiting} chosen={chosen} />
        <AccessItems title="Access" requests={access.waiting} chosen={chosen} />
        <ReviewsDue />
        <Section title="Your requests" items={own} chosen={chosen} />
        <Section title="Waiting for others" items={others} chosen={chosen} />
        <Section title="Decided" items={decided} chosen={chosen} />
        <AccessItems title="Access, decided" requests={access.decided} chosen={chosen} />
      </div>
      <footer className={styles.keys}>
        <KeyHint>J</KeyHint>
        <KeyHint>K</KeyHint> next, previous
        <span className={styles.space} />
        <KeyHint>W</KeyHint> watch session
      </footer>
    </aside>
  )
}

function Section({ title, items, chosen }: { title?: string; items: readonly Approval[]; chosen: string | undefined }) {
  if (items.length === 0) return null
  return (
    <>
      {title !== undefined && <h3 className={styles.section}>{title}</h3>}
      <ul>
        {items.map((approval) => (
          <Item key={approval.id} approval={approval} chosen={approval.id === chosen} />
        ))}
      </ul>
    </>
  )
}

function Item({ approval, chosen }: { approval: Approval; chosen: boolean }) {
  const link = useRef<HTMLAnchorElement>(null)
  const you = usePerson()?.sub
  const pending = approval.state === 'pending'
  const outcome = outcomeWithNames(approval, you)

  useEffect(() => {
    if (chosen) link.current?.scrollIntoView({ block: 'nearest' })
  }, [chosen])

  return (
    <li>
      <Link
        ref={link}
        className={styles.item}
        to="/inbox/{-$approval}"
        params={{ approval: approval.id }}
        aria-current={chosen ? 'true' : undefined}
        data-decided={!pending || undefined}
      >
        <span className={`${styles.who} ellipsis`}>{approval.requester.sub === you ? 'You' : approval.requester.name}</span>
        <span className={`${styles.when} num`}>
          {pending ? <TimeLeft decideBy={approval.decideBy} /> : <DecidedAt at={decidedAt(approval)} />}
        </span>
        <span className={`${styles.line} mono ellipsis`}>
          {approval.connection} · {approval.tool}
        </span>
        <span className={`${styles.line} ellipsis`}>{pending ? waitingLine(approval) : <ToneMark {...outcome} />}</span>
      </Link>
    </li>
  )
}

/** The rule, and how far it is where one approval is not enough. */
function waitingLine(approval: Approval): string {
  const { given, needed } = approvalProgress(approval)
  return needed === 1 ? `Rule ${approval.rule}` : `${given} of ${needed} approved · ${approval.rule}`
}

function TimeLeft({ decideBy }: { decideBy: string }) {
  const left = Date.parse(decideBy) - useNow()
  return <span className={left < urgentMs ? 'bold' : 't2'}>{formatCountdown(left)}</span>
}

function DecidedAt({ at }: { at: string }) {
  const now = useNow(60_000)
  const today = new Date(now).toDateString() === new Date(at).toDateString()
  return <span className="t3">{today ? formatShortTime(at) : formatDateTime(at, now)}</span>
}
