import { Button } from '@mantine/core'
import type { Hold } from '../../../src-protocol/retention.ts'
import { useDesktopState } from '../../api/use-desktop-state.ts'
import { Panel } from '../../components/panel.tsx'
import { Timestamp } from '../../components/timestamp.tsx'
import type { HoldDecision } from './decide-hold.tsx'
import { keptBy } from './hold-words.ts'
import styles from './retention.module.css'

interface HoldsTableProps {
  holds: readonly Hold[]
  nameOf: (sub: string) => string
  /** undefined: the person may not decide */
  onDecide: ((hold: Hold, decision: HoldDecision) => void) | undefined
}

/** Holds in force, and below them those that were released. */
export function HoldsTable({ holds, nameOf, onDecide }: HoldsTableProps) {
  const inForce = holds.filter(({ released }) => !released)
  const ordered = [...inForce, ...holds.filter(({ released }) => released)]
  return (
    <Panel title="Holds" meta={holds.length > 0 ? `${inForce.length} in force` : undefined} flush>
      {ordered.length === 0 ? (
        <p className={`t2 ${styles.none}`}>Nothing is held. A hold keeps recordings beyond their time, those that come later included.</p>
      ) : (
        <table className="table two-line">
          <thead>
            <tr>
              <th>Keeps</th>
              <th>Why</th>
              <th className={styles.state}>State</th>
              <th className={styles.actions}>
                <span className="unseen">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {ordered.map((hold) => (
              <Row key={hold.id} hold={hold} nameOf={nameOf} onDecide={onDecide} />
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  )
}

function Row({ hold, nameOf, onDecide }: { hold: Hold } & Pick<HoldsTableProps, 'nameOf' | 'onDecide'>) {
  const { signIn } = useDesktopState()
  const me = signIn.state === 'signed-in' ? signIn.person.sub : undefined
  const { selection, reason, by, at, approvals, asked, released } = hold
  const kept = keptBy(selection, nameOf)
  const mine = asked?.by === me
  return (
    <tr>
      <td>
        <div className="medium ellipsis" title={selection.sessions?.join('\n') ?? kept}>
          {kept}
        </div>
        <div className="small t3 ellipsis">
          log entry {hold.index.toLocaleString('en')}, {approvals === 2 ? 'two administrators release it' : 'one administrator releases it'}
        </div>
      </td>
      <td>
        <div className="ellipsis" title={reason}>
          {reason}
        </div>
        <div className="small t3 ellipsis">
          {nameOf(by)}, <Timestamp at={at} form="date-time" />
        </div>
      </td>
      <td>
        {released ? (
          <State title="Released" {...released} by={nameOf(released.by)} />
        ) : asked ? (
          <State title="Release asked for" {...asked} by={nameOf(asked.by)} />
        ) : (
          <div className="medium">In force</div>
        )}
      </td>
      <td>
        {onDecide && !released && (
          <div className={styles.buttons}>
            {asked && (
              <Button size="sm" variant="quiet" onClick={() => onDecide(hold, 'refuse')}>
                {mine ? 'Withdraw' : 'Refuse'}
                <span className="unseen"> the release: {kept}</span>
              </Button>
            )}
            {!(asked && mine && approvals === 2) && (
              <Button size="sm" onClick={() => onDecide(hold, 'release')}>
                {asked ? 'Agree' : 'Release'}
                <span className="unseen">: {kept}</span>
              </Button>
            )}
          </div>
        )}
      </td>
    </tr>
  )
}

function State({ title, by, at, reason }: { title: string; by: string; at: string; reason: string }) {
  return (
    <>
      <div className="medium ellipsis" title={reason}>
        {title}: {reason}
      </div>
      <div className="small t3 ellipsis">
        {by}, <Timestamp at={at} form="date-time" />
      </div>
    </>
  )
}
