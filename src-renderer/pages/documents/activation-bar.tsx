import { CircleCheck, CircleDashed, CircleX, Hourglass, ShieldCheck } from 'lucide-react'
import { useState } from 'react'
import type { DocumentProblem } from '../../../src-protocol/policy-version.ts'
import type { ActivationApprovals, ActivationOutcome } from '../../../src-protocol/policy-proposal.ts'
import { useDesktopState, useHasRole } from '../../api/use-desktop-state.ts'
import { ReasonButton } from '../../components/reason-button.tsx'
import { describeChanges, type LineChanges } from '../../../src-core/policy/changed-lines.ts'
import { ConfirmActivation } from './confirm-activation.tsx'
import { countProblems, describeProblems } from './count-problems.ts'
import type { DocumentKind } from './document-kind.ts'
import { Gate } from './gate.tsx'
import { describeRun } from './simulation-words.ts'
import type { SimulationView } from './use-simulation.ts'
import { whyNotActivate } from './why-not-activate.ts'
import styles from './documents.module.css'

interface ActivationBarProps {
  kind: DocumentKind
  text: string
  changes: LineChanges
  /** of exactly this text; undefined while it is not checked */
  problems: readonly DocumentProblem[] | undefined
  checkFailed: boolean
  /** a look back before it counts; nobody has to take it */
  simulation?: SimulationView
  /** 2: another administrator has to agree; undefined while that is not known */
  approvals: ActivationApprovals | undefined
  onActivated: (outcome: ActivationOutcome) => void
}

/** The gates between a draft and what is in force, and the button at their end that says why it cannot be pressed. */
export function ActivationBar({ kind, text, changes, problems, checkFailed, simulation, approvals, onActivated }: ActivationBarProps) {
  const { gateway } = useDesktopState()
  const administrator = useHasRole('administrator')
  const [asking, setAsking] = useState(false)
  const reason =
    approvals === undefined
      ? 'How many administrators it takes is not known yet.'
      : whyNotActivate({ administrator, reachable: gateway.reachable, changes, problems, checkFailed })
  return (
    <footer className={styles.activation}>
      <ol className={styles.gates}>
        <Gate
          icon={changes.changed.size + changes.removed > 0 ? CircleCheck : CircleDashed}
          tone={changes.changed.size + changes.removed > 0 ? 'passed' : 'open'}
          title="Drafted"
          detail={describeChanges(changes)}
        />
        <CheckedGate problems={problems} />
        {simulation !== undefined && <SimulatedGate simulation={simulation} />}
        {approvals === 2 && (
          <>
            <Gate icon={CircleDashed} tone="open" title="Proposed" detail="not yet" />
            <Gate icon={CircleDashed} tone="open" title="Second administrator" detail="has to agree" />
          </>
        )}
        <Gate icon={CircleDashed} tone="open" title="In force" detail="from the next call on" />
      </ol>
      <span className={`${styles.reason} t2`}>{reason}</span>
      <ReasonButton variant="filled" reason={reason} leftSection={<ShieldCheck aria-hidden />} onClick={() => setAsking(true)}>
        {approvals === 2 ? 'Propose' : 'Activate'}
      </ReasonButton>
      {asking && approvals !== undefined && (
        <ConfirmActivation
          kind={kind}
          text={text}
          changes={changes}
          approvals={approvals}
          onClose={() => setAsking(false)}
          onActivated={onActivated}
        />
      )}
    </footer>
  )
}

function CheckedGate({ problems }: Pick<ActivationBarProps, 'problems'>) {
  if (problems === undefined) return <Gate icon={Hourglass} tone="waiting" title="Checked" detail="not yet" />
  const passed = countProblems(problems).errors === 0
  return (
    <Gate icon={passed ? CircleCheck : CircleX} tone={passed ? 'passed' : 'failed'} title="Checked" detail={describeProblems(problems)} />
  )
}

function SimulatedGate({ simulation: { run, isCurrent } }: { simulation: SimulationView }) {
  const detail = describeRun(run, isCurrent)
  if (run?.state === 'running' && isCurrent) return <Gate icon={Hourglass} tone="waiting" title="Simulated" detail={detail} />
  const passed = run?.state === 'done' && isCurrent
  return <Gate icon={passed ? CircleCheck : CircleDashed} tone={passed ? 'passed' : 'open'} title="Simulated" detail={detail} />
}
