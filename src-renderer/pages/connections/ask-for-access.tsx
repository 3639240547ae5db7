import { Button, NumberInput, Select, Textarea, TextInput } from '@mantine/core'
import { KeyRound } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { describeSchedule } from '../../../src-core/access/access-schedule.ts'
import type { AccessOffer } from '../../../src-protocol/access.ts'
import type { Connection } from '../../../src-protocol/model.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { Dialog } from '../../components/dialog.tsx'
import { DialogButtons } from '../../components/dialog-buttons.tsx'
import { ErrorNote } from '../../components/error-state.tsx'
import { Facts } from '../../components/facts.tsx'
import { formatDateTime } from '../../components/time.ts'
import { formatMinutes } from './session-length.ts'

const shortestReason = 3

interface AskForAccessProps {
  connection: Connection
  offers: readonly AccessOffer[]
  onClose: () => void
}

/** Asks for access by one of the connection’s rules: why, for which ticket, for how long. */
export function AskForAccess({ connection, offers, onClose }: AskForAccessProps) {
  const open = offers.filter(({ obstacle }) => obstacle === undefined)
  const [chosen, setChosen] = useState(open[0]?.rule.id)
  const offer = open.find(({ rule }) => rule.id === chosen) ?? open[0]
  return (
    <Dialog onClose={onClose} title={`Ask for access to ${connection.name}`} size={520}>
      <div className="stack">
        {offers.length > 1 && (
          <Select
            label="Rule"
            value={offer?.rule.id ?? null}
            onChange={(id) => setChosen(open.find(({ rule }) => rule.id === id)?.rule.id)}
            data={offers.map(({ rule, obstacle }) => ({ value: rule.id, label: rule.terms.title, disabled: obstacle !== undefined }))}
            description={offers.find(({ obstacle }) => obstacle !== undefined)?.obstacle}
            allowDeselect={false}
          />
        )}
        {offer && <AskForm key={offer.rule.id} offer={offer} onClose={onClose} />}
      </div>
    </Dialog>
  )
}

function AskForm({ offer: { rule, closesAt }, onClose }: { offer: AccessOffer; onClose: () => void }) {
  const { terms } = rule
  const [reason, setReason] = useState('')
  const [ticket, setTicket] = useState('')
  const [minutes, setMinutes] = useState(Math.min(60, terms.maxMinutes))
  const [checked, setChecked] = useState(false)
  const ask = useDesktopMutation('access:ask', onClose)
  const problems = {
    reason: terms.reasonRequired && reason.trim().length < shortestReason ? 'Say in a few words why.' : undefined,
    ticket: terms.ticketRequired && ticket.trim() === '' ? 'Name the ticket that this access is for.' : undefined,
    minutes: Number.isInteger(minutes) && minutes >= 1 && minutes <= terms.maxMinutes ? undefined : `From 1 to ${terms.maxMinutes}.`,
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    setChecked(true)
    if (Object.values(problems).some((problem) => problem !== undefined)) return
    ask.mutate({ rule: rule.id, reason: reason.trim(), minutes, ...(ticket.trim() !== '' && { ticket: ticket.trim() }) })
  }
  return (
    <form className="stack" onSubmit={submit} noValidate>
      <Facts
        items={[
          { label: 'Rule', value: terms.title },
          {
            label: 'Decided by',
            value:
              terms.approvers.length === 0 ? 'nobody: it is given at once' : `a reviewer in ${terms.approvers.join(', ')}, never yourself`,
          },
          ...(terms.schedule ? [{ label: 'Open', value: describeSchedule(terms.schedule) }] : []),
        ]}
      />
      <Textarea
        label={terms.reasonRequired ? 'Reason' : 'Reason (optional)'}
        description="Reviewers read it, and it stays in the log."
        placeholder="INC-4127: find out why refunds of 20 November are stuck"
        rows={3}
        maxLength={500}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        error={checked ? problems.reason : undefined}
        data-autofocus
      />
      <div className="pair">
        <TextInput
          label={terms.ticketRequired ? 'Ticket' : 'Ticket (optional)'}
          value={ticket}
          onChange={(event) => setTicket(event.currentTarget.value)}
          description={terms.ticketPattern === undefined ? undefined : `Its form: ${terms.ticketPattern}`}
          error={checked ? problems.ticket : undefined}
          maxLength={200}
          spellCheck={false}
        />
        <NumberInput
          label="For how long, in minutes"
          description={`At most ${formatMinutes(terms.maxMinutes)}${closesAt === undefined ? '' : `; it closes ${formatDateTime(closesAt)}`}`}
          min={1}
          max={terms.maxMinutes}
          value={minutes}
          onChange={(value) => setMinutes(Number(value))}
          error={checked ? problems.minutes : undefined}
        />
      </div>
      {ask.error !== null && <ErrorNote error={ask.error} />}
      <DialogButtons onCancel={onClose}>
        <Button type="submit" variant="filled" loading={ask.isPending} leftSection={<KeyRound className="small" aria-hidden />}>
          Ask for access
        </Button>
      </DialogButtons>
    </form>
  )
}
