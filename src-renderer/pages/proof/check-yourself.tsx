import { ActionIcon } from '@mantine/core'
import { Check, Copy, Download } from 'lucide-react'
import type { SessionId } from '../../../src-protocol/ids.ts'
import type { Verification } from '../../../src-protocol/verification.ts'
import { useCopy } from '../../api/use-copy.ts'
import { useDesktopState } from '../../api/use-desktop-state.ts'
import { CodePane } from '../../components/code-pane.tsx'
import { Facts } from '../../components/facts.tsx'
import { originOf, verifyCommand } from './proof-wording.ts'
import { SidePanel } from './side-panel.tsx'
import styles from './check-yourself.module.css'

interface CheckYourselfProps {
  verification: Verification
  session: SessionId
  onExport: () => void
  /** the command alone */
  brief?: boolean
}

/** How to repeat the check without this application and without its makers. */
export function CheckYourself({ verification, session, onExport, brief = false }: CheckYourselfProps) {
  const { pinned } = useDesktopState()
  const { copied, copy } = useCopy()
  const origin = originOf(verification) ?? pinned?.origin ?? 'log'
  const command = verifyCommand(session, origin)
  const key = verification.steps.find((step) => step.id === 'checkpoint')?.facts.find((fact) => fact.label === 'key')?.value
  return (
    <SidePanel
      title="Check it yourself"
      actions={
        <>
          <ActionIcon
            size="sm"
            aria-label={copied ? 'Copied' : 'Copy the command'}
            title="Copy the command"
            onClick={() => copy(command.replace(/\s*\\\n\s*/g, ' '))}
          >
            {copied ? <Check className="small" aria-hidden /> : <Copy className="small" aria-hidden />}
          </ActionIcon>
          <ActionIcon size="sm" aria-label="Export the files that it needs" title="Export the files that it needs" onClick={onExport}>
            <Download className="small" aria-hidden />
          </ActionIcon>
        </>
      }
    >
      {!brief && <p className={`${styles.hint} t2`}>Needs the gatehouse command line and the exported files, no network and no account.</p>}
      <CodePane text={command} language="shell" framed wrap label="Command" />
      {!brief && (
        <div className={styles.facts}>
          <Facts
            items={[
              { label: 'Log', value: <span className="mono">{origin}</span> },
              ...(key === undefined ? [] : [{ label: 'Key', value: <span className="mono">{key}</span> }]),
            ]}
          />
        </div>
      )}
    </SidePanel>
  )
}
