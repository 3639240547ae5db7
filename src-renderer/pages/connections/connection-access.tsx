import { CircleCheck, Hourglass } from 'lucide-react'
import type { AccessStanding } from '../../../src-protocol/access.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { formatShortTime } from '../../components/time.ts'
import { ToneMark } from '../../components/verdict.tsx'
import styles from './connections.module.css'

/** Where a rule guards the connection: how the person stands to it, and what they can take back. */
export function ConnectionAccess({ connection, standing }: { connection: string; standing: AccessStanding | undefined }) {
  const end = useDesktopMutation('access:end')
  const withdraw = useDesktopMutation('access:withdraw')
  const failed = end.error ?? withdraw.error
  if (failed) return <div className="small t3">{failed.message}</div>
  if (standing?.grant) {
    const { id, endsAt } = standing.grant
    return (
      <div className="small row">
        <ToneMark icon={CircleCheck} tone="allowed" word={`Access until ${formatShortTime(endsAt)}`} />
        <button type="button" className={styles.link} disabled={end.isPending} onClick={() => end.mutate({ grant: id, reason: '' })}>
          Give back<span className="unseen"> the access to {connection}</span>
        </button>
      </div>
    )
  }
  if (standing?.request) {
    const { id, digestInput } = standing.request
    return (
      <div className="small row">
        <span title={`A reviewer in ${digestInput.approvers.join(', ')} decides`}>
          <ToneMark icon={Hourglass} tone="held" word="Asked for" />
        </span>
        <button type="button" className={styles.link} disabled={withdraw.isPending} onClick={() => withdraw.mutate(id)}>
          Withdraw<span className="unseen"> the request for {connection}</span>
        </button>
      </div>
    )
  }
  return standing?.offers.length ? <div className="small t3">with access only</div> : null
}
