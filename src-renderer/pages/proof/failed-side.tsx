import { Button } from '@mantine/core'
import { Check, ClipboardCheck, Flag, RefreshCw } from 'lucide-react'
import type { SessionId } from '../../../src-protocol/ids.ts'
import type { Verification } from '../../../src-protocol/verification.ts'
import { useCopy } from '../../api/use-copy.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { useDesktopState } from '../../api/use-desktop-state.ts'
import { ReasonButton } from '../../components/reason-button.tsx'
import { CheckYourself } from './check-yourself.tsx'
import { describeOutcome, reportText, stillHolds } from './proof-wording.ts'
import { SidePanel, Statements } from './side-panel.tsx'
import styles from './failed-side.module.css'

interface FailedSideProps {
  verification: Verification
  session: SessionId
  seq: number | undefined
  onExport: () => void
  onRenewed: () => void
}

/** What to do about a proof that fails, and what it leaves standing. */
export function FailedSide({ verification, session, seq, onExport, onRenewed }: FailedSideProps) {
  const { gateway, signIn } = useDesktopState()
  const download = useDesktopMutation('library:download', onRenewed)
  const { copied, copy } = useCopy()
  const holds = stillHolds(verification)
  const { next, family } = describeOutcome(verification, seq)
  // a key, a log or a store that cannot be trusted does not get better by downloading from the same gateway
  const anotherCopyHelps = family !== 'wrong-key' && family !== 'log-rewritten' && family !== 'store-altered'
  const obstacle = !gateway.reachable
    ? `${new URL(gateway.url).host} cannot be reached.`
    : signIn.state === 'signed-in'
      ? undefined
      : 'Sign in first: the gateway gives recordings to those who may see them.'
  return (
    <>
      <SidePanel title="What to do">
        <ol className={styles.next}>
          {next.map((step, at) => (
            <li key={step}>
              <b>{at + 1}</b>
              <span>{step}</span>
            </li>
          ))}
        </ol>
        <div className={styles.actions}>
          {anotherCopyHelps && (
            <>
              <ReasonButton
                variant="filled"
                fullWidth
                reason={obstacle}
                loading={download.isPending}
                leftSection={<RefreshCw aria-hidden />}
                onClick={() => download.mutate([session])}
              >
                Download again and check
              </ReasonButton>
              {obstacle !== undefined && <p className="small t3">{obstacle}</p>}
              {download.isError && (
                <p className={`${styles.error} small`} role="alert">
                  {download.error.message} {download.error.remedy}
                </p>
              )}
            </>
          )}
          <Button
            variant={anotherCopyHelps ? 'default' : 'filled'}
            fullWidth
            leftSection={copied ? <ClipboardCheck aria-hidden /> : <Flag aria-hidden />}
            onClick={() => copy(reportText(verification, session))}
          >
            {copied ? 'Report copied' : 'Copy a report for its owners'}
          </Button>
        </div>
      </SidePanel>
      {holds.length > 0 && (
        <SidePanel title="What still holds">
          <Statements icon={Check} items={holds} />
        </SidePanel>
      )}
      <CheckYourself verification={verification} session={session} onExport={onExport} brief />
    </>
  )
}
