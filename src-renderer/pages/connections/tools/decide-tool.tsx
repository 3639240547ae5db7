import { Button, Textarea } from '@mantine/core'
import { Ban, Check } from 'lucide-react'
import { useState } from 'react'
import type { ConnectionName } from '../../../../src-protocol/ids.ts'
import type { PinnedTool } from '../../../../src-protocol/model.ts'
import { useDesktopMutation } from '../../../api/use-desktop-mutation.ts'
import { useDesktopState } from '../../../api/use-desktop-state.ts'
import { Dialog } from '../../../components/dialog.tsx'
import { DialogButtons } from '../../../components/dialog-buttons.tsx'
import { ErrorNote } from '../../../components/error-state.tsx'
import { Facts } from '../../../components/facts.tsx'
import { spokenDigest } from '../../../components/hash.tsx'
import { ReasonButton } from '../../../components/reason-button.tsx'
import { visibleText } from '../../../components/visible-characters.ts'
import styles from './tools.module.css'

interface DecideToolProps {
  connection: ConnectionName
  pin: PinnedTool
}

/** As the gateway demands it. */
const shortestReason = 3

/** Reason, Accept and Reject, at the foot of a tool. */
export function DecideTool({ connection, pin }: DecideToolProps) {
  const { gateway } = useDesktopState()
  const [reason, setReason] = useState('')
  const [deciding, setDeciding] = useState<'accept' | 'reject'>()
  const accepted = pin.state === 'pinned' || (pin.state === 'missing' && !pin.held)
  const obstacle = !gateway.reachable
    ? 'Deciding needs the gateway, and it cannot be reached.'
    : reason.trim().length < shortestReason
      ? 'Say in a few words why: it stands in the log with your name.'
      : undefined
  return (
    <footer className={styles.foot}>
      <Textarea
        className="grow"
        aria-label="Reason"
        placeholder="Reason: what you compared it with"
        autosize
        minRows={1}
        maxRows={4}
        maxLength={1000}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <ReasonButton
        variant="danger"
        reason={pin.state === 'rejected' ? 'It is rejected already.' : obstacle}
        leftSection={<Ban aria-hidden />}
        onClick={() => setDeciding('reject')}
      >
        Reject
      </ReasonButton>
      <ReasonButton
        variant="filled"
        reason={accepted ? 'It is accepted already.' : obstacle}
        leftSection={<Check aria-hidden />}
        onClick={() => setDeciding('accept')}
      >
        Accept
      </ReasonButton>
      {deciding && (
        <ConfirmDecision
          connection={connection}
          pin={pin}
          decision={deciding}
          reason={reason.trim()}
          onClose={() => setDeciding(undefined)}
        />
      )}
    </footer>
  )
}

interface ConfirmDecisionProps extends DecideToolProps {
  decision: 'accept' | 'reject'
  reason: string
  onClose: () => void
}

/** The last look: which definition, and what follows. */
function ConfirmDecision({ connection, pin, decision, reason, onClose }: ConfirmDecisionProps) {
  // what the person saw when the dialog opened, whatever is listed meanwhile
  const [hash] = useState(pin.hash)
  const decide = useDesktopMutation('connections:decide-tool', onClose)
  const accept = decision === 'accept'
  return (
    <Dialog onClose={onClose} title={accept ? 'Accept this definition?' : 'Reject this tool?'} size={480}>
      <div className="stack">
        <div className={styles.bigHash} title={hash}>
          {spokenDigest(hash)}
        </div>
        <Facts
          items={[
            {
              label: 'Tool',
              value: (
                <>
                  <span className="mono">{visibleText(pin.tool)}</span> on <span className="medium">{connection}</span>
                </>
              ),
            },
            { label: 'Reason', value: `“${reason}”` },
            {
              label: 'Then',
              value: accept
                ? 'Everybody whom policy allows to is shown the tool as it stands here, and may call it. A further change is held again.'
                : 'Nobody is shown the tool, and calls of it are refused, also in sessions that run.',
            },
          ]}
        />
        {decide.error !== null && <ErrorNote error={decide.error} />}
        <DialogButtons onCancel={onClose} cancel="Go back">
          <Button
            variant={accept ? 'filled' : 'danger'}
            loading={decide.isPending}
            leftSection={accept ? <Check aria-hidden /> : <Ban aria-hidden />}
            // the Enter that opened this dialog, held a moment too long, must not decide
            onKeyDown={(event) => {
              if (event.repeat) event.preventDefault()
            }}
            onClick={() => decide.mutate({ connection, tool: pin.tool, decision, hash, reason })}
            data-autofocus
          >
            {accept ? 'Accept definition' : 'Reject tool'}
          </Button>
        </DialogButtons>
      </div>
    </Dialog>
  )
}
