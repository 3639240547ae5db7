import { Button, SegmentedControl, Textarea } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { Play } from 'lucide-react'
import { useId, useState, type FormEvent } from 'react'
import type { Connection } from '../../../src-protocol/model.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { Dialog } from '../../components/dialog.tsx'
import { DialogButtons } from '../../components/dialog-buttons.tsx'
import { ErrorNote } from '../../components/error-state.tsx'
import { Facts } from '../../components/facts.tsx'
import { formatShortTime } from '../../components/time.ts'
import { useNow } from '../../components/use-now.ts'
import { formatMinutes, offeredLengths } from './session-length.ts'
import styles from './connections.module.css'

/** As the gateway demands it. */
const shortestReason = 3

/** Asks why and for how long, and opens the session. */
export function StartSession({ connection, onClose }: { connection: Connection; onClose: () => void }) {
  const lengths = offeredLengths(connection.maxMinutes)
  const [reason, setReason] = useState('')
  const [minutes, setMinutes] = useState(lengths.find((length) => length >= 60) ?? connection.maxMinutes)
  const [checked, setChecked] = useState(false)
  const navigate = useNavigate()
  const open = useDesktopMutation(
    'sessions:open',
    (session) => void navigate({ to: '/sessions/$session', params: { session: session.id } }),
  )
  const lengthId = useId()
  const now = useNow(10_000)
  const endsAt = new Date(now + minutes * 60_000)
  const problem =
    reason.trim().length < shortestReason ? 'Say in a few words why. It stands in the recording, and reviewers read it.' : undefined

  const submit = (event: FormEvent): void => {
    event.preventDefault()
    setChecked(true)
    if (problem === undefined) open.mutate({ connection: connection.name, reason: reason.trim(), minutes })
  }

  return (
    <Dialog onClose={onClose} title={`Start a session on ${connection.name}`} size={520}>
      <form className="stack" onSubmit={submit} noValidate>
        <Facts
          items={[
            { label: 'Server', value: [connection.title, connection.description].filter(Boolean).join(' · ') },
            { label: 'Reached by', value: <>the agent {connection.agent.name}, which holds the credential</> },
          ]}
        />
        <Textarea
          label="Reason"
          placeholder="INC-4127: find out why refunds of 20 November are stuck"
          rows={3}
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          error={checked ? problem : undefined}
          data-autofocus
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit(event)
          }}
        />
        <div className={styles.lengths}>
          <span className="small t2 medium" id={lengthId}>
            Length
          </span>
          <div className="row">
            <SegmentedControl
              aria-labelledby={lengthId}
              value={String(minutes)}
              onChange={(value) => setMinutes(Number(value))}
              data={lengths.map((length) => ({ value: String(length), label: formatMinutes(length) }))}
            />
            <span className="small t2">Ends by itself at {formatShortTime(endsAt.toISOString())}, or when you end it.</span>
          </div>
        </div>
        {open.error !== null && <ErrorNote error={open.error} />}
        <DialogButtons onCancel={onClose}>
          <Button type="submit" variant="filled" loading={open.isPending} leftSection={<Play className="small" aria-hidden />}>
            Start session
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  )
}
