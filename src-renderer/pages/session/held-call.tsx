import { Button } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { Hourglass, Siren } from 'lucide-react'
import { useState } from 'react'
import type { ApprovalId } from '../../../src-protocol/ids.ts'
import type { Call } from '../../../src-protocol/model.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { useDesktopQuery } from '../../api/use-desktop-query.ts'
import { argumentMasks } from '../../components/argument-masks.ts'
import { ErrorNote } from '../../components/error-state.tsx'
import { MaskedText } from '../../components/masked-text.tsx'
import { TimeLeft } from '../../components/time-left.tsx'
import { formatShortTime } from '../../components/time.ts'
import { BreakGlassDialog } from '../break-glass/break-glass-dialog.tsx'
import { useBreakGlassOffer } from '../break-glass/use-break-glass.ts'
import { approvalProgress } from '../inbox/approval-progress.ts'
import styles from './session.module.css'

/** A call that waits for a decision: who is asked, how long is left, what happens if nobody answers. */
export function HeldCall({ call, own }: { call: Call; own: boolean }) {
  return (
    <div className={styles.held}>
      <Hourglass aria-hidden />
      <div className={styles.heldText}>
        <h3>
          Waiting for a decision: rule <span className={styles.heldRule}>{call.rule}</span>
        </h3>
        <div className="t2">{call.because}</div>
      </div>
      {call.approval === undefined ? <span /> : <TimeToDecide approval={call.approval} />}
      <div className={`mono ellipsis ${styles.heldCall}`} title={call.summary}>
        {call.tool ?? call.method}&ensp;
        <MaskedText text={call.summary} masks={argumentMasks(call)} short />
      </div>
      {call.approval !== undefined && <Asked approval={call.approval} />}
      {call.approval !== undefined && <HeldActions approval={call.approval} own={own} />}
    </div>
  )
}

function Asked({ approval: id }: { approval: ApprovalId }) {
  const approval = useDesktopQuery('approvals:get', id).data
  if (approval === undefined) return <span />
  const { groups } = approval.digestInput
  const { needed, sentence } = approvalProgress(approval)
  return (
    <div className={`small t2 ${styles.heldAsked}`}>
      Asked {groups.join(', ')} at {formatShortTime(approval.requestedAt)}
      {needed > 1 && `: ${sentence}`}. Undecided at {formatShortTime(approval.decideBy)}, it is denied.
    </div>
  )
}

function HeldActions({ approval: id, own }: { approval: ApprovalId; own: boolean }) {
  const approval = useDesktopQuery('approvals:get', id).data
  const navigate = useNavigate()
  const withdraw = useDesktopMutation('approvals:withdraw')
  const offer = useBreakGlassOffer(approval)
  const [breaking, setBreaking] = useState(false)
  return (
    <div className={styles.heldActions}>
      {withdraw.error !== null && <ErrorNote error={withdraw.error} />}
      <div className="row">
        {own && offer && (
          <Button size="sm" variant="danger" leftSection={<Siren className="small" aria-hidden />} onClick={() => setBreaking(true)}>
            Break glass
          </Button>
        )}
        {own && (
          <Button size="sm" loading={withdraw.isPending} onClick={() => withdraw.mutate(id)}>
            Withdraw
          </Button>
        )}
        <Button size="sm" onClick={() => void navigate({ to: '/inbox/{-$approval}', params: { approval: id } })}>
          Details
        </Button>
      </div>
      {breaking && offer && <BreakGlassDialog rule={offer} onClose={() => setBreaking(false)} />}
    </div>
  )
}

function TimeToDecide({ approval: id }: { approval: ApprovalId }) {
  const approval = useDesktopQuery('approvals:get', id).data
  if (approval === undefined) return <span />
  return (
    <div className={styles.heldTime}>
      <span className="bold">
        <TimeLeft until={approval.decideBy} />
      </span>{' '}
      <span className="t2">to decide</span>
    </div>
  )
}
