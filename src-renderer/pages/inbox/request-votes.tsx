import type { Approval } from '../../../src-protocol/model.ts'
import { Facts } from '../../components/facts.tsx'
import { Hash } from '../../components/hash.tsx'
import { Timestamp } from '../../components/timestamp.tsx'
import { voteFact } from './request-progress.tsx'
import styles from './inbox.module.css'

/** How a request was decided, by whom, why, and whether it ran. */
export function RequestVotes({ approval }: { approval: Approval }) {
  const { votes, state, executedAt, runBy, voidReason, decideBy, reported } = approval
  return (
    <section className={styles.card}>
      <h2>Decision</h2>
      <Facts
        items={[
          ...votes.map(voteFact),
          ...(reported === undefined
            ? []
            : [{ label: 'Reported', value: `by ${reported.by}: the session was ended, and administrators were told.` }]),
          ...(state === 'expired'
            ? [
                {
                  label: 'Expired',
                  value: (
                    <>
                      Nobody decided by <Timestamp at={decideBy} form="date-time" />, so it was denied.
                    </>
                  ),
                },
              ]
            : []),
          ...(state === 'withdrawn' ? [{ label: 'Withdrawn', value: 'Its requester took it back before anybody decided.' }] : []),
          ...(state === 'void' ? [{ label: 'Void', value: voidReason ?? 'Something it was bound to has changed.' }] : []),
          ...(executedAt === undefined
            ? []
            : [
                {
                  label: 'Ran',
                  value: (
                    <>
                      once, at <Timestamp at={executedAt} form="date-time" />
                    </>
                  ),
                },
              ]),
          ...(state === 'approved' && runBy !== undefined
            ? [
                {
                  label: 'May run',
                  value: (
                    <>
                      once, until <Timestamp at={runBy} form="date-time" />
                    </>
                  ),
                },
              ]
            : []),
          { label: 'Digest', value: <Hash value={approval.digest} length={8} label="digest" /> },
        ]}
      />
    </section>
  )
}
