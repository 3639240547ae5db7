import { useQueryClient } from '@tanstack/react-query'
import { Ban, CircleCheck, CircleDashed, CircleX, Hourglass, ShieldCheck, Undo2 } from 'lucide-react'
import { useState } from 'react'
import type { PolicyProposal } from '../../../src-protocol/policy-proposal.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { useDesktopState, useHasRole, usePerson } from '../../api/use-desktop-state.ts'
import { ReasonButton } from '../../components/reason-button.tsx'
import { formatRelative } from '../../components/time.ts'
import { useNow } from '../../components/use-now.ts'
import { describeChanges, type LineChanges } from '../../../src-core/policy/changed-lines.ts'
import { DecideProposal } from './decide-proposal.tsx'
import { Gate } from './gate.tsx'
import { whyNotDecide } from './why-not-decide.ts'
import styles from './documents.module.css'
import own from './proposals.module.css'

interface ProposalBarProps {
  proposal: PolicyProposal
  changes: LineChanges
}

const everyMinute = 60_000

/** How far a proposal is on its way, and what this person can do about it. */
export function ProposalBar({ proposal, changes }: ProposalBarProps) {
  const { gateway } = useDesktopState()
  const administrator = useHasRole('administrator')
  const me = usePerson()?.sub
  const [deciding, setDeciding] = useState<'activate' | 'reject'>()
  const client = useQueryClient()
  const withdraw = useDesktopMutation(
    'policies:withdraw-proposal',
    () => void client.invalidateQueries({ queryKey: ['policies:proposals'] }),
  )
  const reason = whyNotDecide({ administrator, reachable: gateway.reachable, me, proposal })
  const isMine = proposal.author.sub === me
  return (
    <footer className={styles.activation}>
      <ol className={styles.gates}>
        <Gate icon={CircleCheck} tone="passed" title="Drafted" detail={describeChanges(changes)} />
        <Gate icon={CircleCheck} tone="passed" title="Checked" detail="no problem" />
        <Gate icon={CircleCheck} tone="passed" title="Proposed" detail={`by ${proposal.author.name}`} />
        <SecondGate proposal={proposal} />
        <Gate
          icon={proposal.state === 'activated' ? CircleCheck : CircleDashed}
          tone={proposal.state === 'activated' ? 'passed' : 'open'}
          title="In force"
          detail="from the next call on"
        />
      </ol>
      {proposal.state === 'open' && (
        <>
          <span className={`${styles.reason} t2`}>{withdraw.error === null ? reason : withdraw.error.message}</span>
          <div className={own.buttons}>
            {isMine ? (
              <ReasonButton
                reason={gateway.reachable ? undefined : 'The gateway cannot be reached.'}
                loading={withdraw.isPending}
                leftSection={<Undo2 aria-hidden />}
                onClick={() => withdraw.mutate(proposal.id)}
              >
                Withdraw
              </ReasonButton>
            ) : (
              <ReasonButton variant="danger" reason={reason} leftSection={<Ban aria-hidden />} onClick={() => setDeciding('reject')}>
                Reject
              </ReasonButton>
            )}
            <ReasonButton
              variant="filled"
              reason={reason}
              leftSection={<ShieldCheck aria-hidden />}
              onClick={() => setDeciding('activate')}
            >
              Activate
            </ReasonButton>
          </div>
        </>
      )}
      {proposal.state !== 'open' && <span className={`${styles.reason} t2`}>{reason}</span>}
      {deciding && <DecideProposal proposal={proposal} changes={changes} decision={deciding} onClose={() => setDeciding(undefined)} />}
    </footer>
  )
}

function SecondGate({ proposal: { state, expiresAt, decidedBy } }: { proposal: PolicyProposal }) {
  const now = useNow(everyMinute)
  if (state === 'open')
    return <Gate icon={Hourglass} tone="waiting" title="Second administrator" detail={`ends ${formatRelative(expiresAt, now)}`} />
  if (state === 'activated')
    return <Gate icon={CircleCheck} tone="passed" title="Second administrator" detail={decidedBy?.name ?? 'agreed'} />
  return (
    <Gate
      icon={state === 'rejected' ? CircleX : CircleDashed}
      tone={state === 'rejected' ? 'failed' : 'open'}
      title="Second administrator"
      detail={state === 'rejected' ? (decidedBy?.name ?? 'rejected') : 'did not decide'}
    />
  )
}
