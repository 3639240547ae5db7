import { Button, Modal } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { CircleCheck, CircleDashed, CircleX, Hourglass, ShieldCheck, type LucideIcon } from 'lucide-react'
import { useState } from 'react'
import type { DocumentProblem } from '../../../src-protocol/model.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { useDesktopState, useHasRole } from '../../api/use-desktop-state.ts'
import { ErrorNote } from '../../components/error-state.tsx'
import { ReasonButton } from '../../components/reason-button.tsx'
import { describeChanges, type LineChanges } from './changed-lines.ts'
import { countProblems, describeProblems } from './count-problems.ts'
import { kindWords, type DocumentKind } from './document-kind.ts'
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
  onActivated: () => void
}

/** The gates between a draft and what is in force, and the button at their end that says why it cannot be pressed. */
export function ActivationBar({ kind, text, changes, problems, checkFailed, simulation, onActivated }: ActivationBarProps) {
  const { gateway } = useDesktopState()
  const administrator = useHasRole('administrator')
  const [asking, setAsking] = useState(false)
  const reason = whyNotActivate({ administrator, reachable: gateway.reachable, changes, problems, checkFailed })
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
        <Gate icon={CircleDashed} tone="open" title="In force" detail="from the next call on" />
      </ol>
      <span className={`${styles.reason} t2`}>{reason}</span>
      <ReasonButton variant="filled" reason={reason} leftSection={<ShieldCheck aria-hidden />} onClick={() => setAsking(true)}>
        Activate
      </ReasonButton>
      {asking && <ConfirmActivation kind={kind} text={text} changes={changes} onClose={() => setAsking(false)} onActivated={onActivated} />}
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

interface GateProps {
  icon: LucideIcon
  tone: 'passed' | 'waiting' | 'failed' | 'open'
  title: string
  detail: string
}

function Gate({ icon: Icon, tone, title, detail }: GateProps) {
  return (
    <li className={styles[tone]}>
      <Icon className={styles.gateIcon} aria-hidden />
      <span>
        <span className="medium">{title}</span>
        <span className="small t3">{detail}</span>
      </span>
    </li>
  )
}

interface ConfirmActivationProps {
  kind: DocumentKind
  text: string
  changes: LineChanges
  onClose: () => void
  onActivated: () => void
}

function ConfirmActivation({ kind, text, changes, onClose, onActivated }: ConfirmActivationProps) {
  const client = useQueryClient()
  const { noun } = kindWords[kind]
  const activate = useDesktopMutation('policies:activate', () => {
    void client.invalidateQueries({ queryKey: ['policies:list'] })
    onActivated()
  })
  return (
    <Modal opened onClose={onClose} title={`Activate this ${noun}?`} size={480}>
      <div className={styles.dialog}>
        <p className="t2">
          From the next call on it decides for everybody, in running sessions too: {describeChanges(changes)}. It stands in the log with
          your name, and the version before it stays readable. Requests that wait under the old version become void.
        </p>
        {activate.error !== null && <ErrorNote error={activate.error} />}
        <div className={styles.dialogButtons}>
          <Button variant="quiet" onClick={onClose} data-autofocus>
            Go back
          </Button>
          <Button
            variant="filled"
            loading={activate.isPending}
            leftSection={<ShieldCheck aria-hidden />}
            onClick={() => activate.mutate({ kind, text })}
          >
            Activate
          </Button>
        </div>
      </div>
    </Modal>
  )
}
