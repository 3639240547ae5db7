import { Ban, CircleCheck, Hourglass, Play, Undo2, type LucideIcon } from 'lucide-react'
import type { ApprovalRecord } from '../../../src-protocol/recording.ts'
import { Hash } from '../../components/hash.tsx'
import { Timestamp } from '../../components/timestamp.tsx'
import { ToneMark, type Tone } from '../../components/verdict.tsx'
import { VisibleText } from '../../components/visible-text.tsx'
import styles from './approval-events.module.css'

const looks: Record<ApprovalRecord['event'], { icon: LucideIcon; word: string; tone: Tone | undefined }> = {
  requested: { icon: Hourglass, word: 'Asked for', tone: 'held' },
  attached: { icon: Hourglass, word: 'Repeated, same request', tone: 'held' },
  pending: { icon: Hourglass, word: 'Client told to repeat', tone: 'held' },
  approved: { icon: CircleCheck, word: 'Approved', tone: 'allowed' },
  executed: { icon: Play, word: 'Run, once', tone: undefined },
  denied: { icon: Ban, word: 'Denied', tone: 'denied' },
  expired: { icon: Ban, word: 'Nobody decided in time', tone: 'denied' },
  withdrawn: { icon: Undo2, word: 'Withdrawn', tone: undefined },
  void: { icon: Ban, word: 'Void', tone: 'denied' },
}

/** What became of the approval, event by event, and the digest that was signed. */
export function ApprovalEvents({ approvals }: { approvals: readonly ApprovalRecord[] }) {
  const digests = [...new Set(approvals.map(({ digest }) => digest))]
  return (
    <>
      <ol className={styles.events}>
        {approvals.map((approval) => {
          const { icon, word, tone } = looks[approval.event]
          return (
            <li key={approval.seq}>
              <div className={styles.line}>
                <ToneMark icon={icon} tone={tone} word={approval.by === undefined ? word : `${word} by ${approval.by}`} />
                <span className="t3 small right">
                  <Timestamp at={approval.at} />
                </span>
              </div>
              {approval.reason !== undefined && (
                <p className={`${styles.reason} t2`}>
                  “<VisibleText text={approval.reason} />”
                </p>
              )}
            </li>
          )
        })}
      </ol>
      <div className={styles.digest}>
        <span className="t3">Digest</span>
        {digests.map((digest) => (
          <Hash key={digest} value={digest} length={8} label="digest that was decided on" />
        ))}
      </div>
    </>
  )
}
