import { Button, NumberInput, Textarea } from '@mantine/core'
import { Siren } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { shortestBreakGlassReason, type BreakGlassRule } from '../../../src-protocol/break-glass.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { Dialog } from '../../components/dialog.tsx'
import { DialogButtons } from '../../components/dialog-buttons.tsx'
import { ErrorNote } from '../../components/error-state.tsx'
import { Facts } from '../../components/facts.tsx'
import { Note } from '../../components/note.tsx'
import { AwaitSignIn } from '../inbox/await-sign-in.tsx'

const usualMinutes = 15

/** Says what breaking the glass means, and takes the reason. What follows is a sign-in in the browser. */
export function BreakGlassDialog({ rule, onClose }: { rule: BreakGlassRule; onClose: () => void }) {
  const { connection, tools, maxMinutes, reviewers, title } = rule.terms
  const [reason, setReason] = useState('')
  const [minutes, setMinutes] = useState<number | string>(Math.min(usualMinutes, maxMinutes))
  const [checked, setChecked] = useState(false)
  const open = useDesktopMutation('break-glass:open', onClose)
  const length = Number(minutes)
  const problems = {
    reason:
      reason.trim().length < shortestBreakGlassReason
        ? `At least ${shortestBreakGlassReason} characters: what happens, and why it cannot wait for a reviewer.`
        : undefined,
    minutes: Number.isInteger(length) && length >= 1 && length <= maxMinutes ? undefined : `From 1 to ${maxMinutes}.`,
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    setChecked(true)
    if (problems.reason === undefined && problems.minutes === undefined) open.mutate({ rule, minutes: length, reason: reason.trim() })
  }
  return (
    <Dialog onClose={onClose} title={`Break the glass of ${connection}?`} size={560}>
      <form className="stack" onSubmit={submit} noValidate>
        <Note tone="held" icon={Siren} title="Calls run without anybody’s approval, and everybody is told now.">
          All reviewers and administrators get a notification, and can stop it. Each call is masked and recorded as ever; what is denied
          stays denied. Afterwards somebody in {reviewers.join(', ')} has to review it.
        </Note>
        <Facts
          items={[
            { label: 'For calls of', value: <span className="mono">{tools.join(', ')}</span> },
            { label: 'By the rule', value: title },
          ]}
        />
        <Textarea
          label="Reason"
          description="It stands in the log for good. No secrets, no personal data."
          rows={3}
          maxLength={1000}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          error={checked ? problems.reason : undefined}
          data-autofocus
        />
        <NumberInput
          label="Minutes"
          description={`At most ${maxMinutes}. It closes by itself then.`}
          min={1}
          max={maxMinutes}
          value={minutes}
          onChange={setMinutes}
          error={checked ? problems.minutes : undefined}
        />
        <AwaitSignIn then="The glass is broken once you have." />
        {open.error !== null && open.error.code !== 'SIGN_IN_CANCELLED' && <ErrorNote error={open.error} />}
        <DialogButtons onCancel={onClose} hint="You sign in anew in your browser.">
          <Button type="submit" variant="danger" loading={open.isPending} leftSection={<Siren className="small" aria-hidden />}>
            Break the glass
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  )
}
