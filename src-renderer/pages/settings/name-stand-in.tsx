import { Button, Checkbox, Select, TextInput } from '@mantine/core'
import { PenLine } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import type { Person } from '../../../src-protocol/model.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { useDesktopQuery } from '../../api/use-desktop-query.ts'
import { Dialog } from '../../components/dialog.tsx'
import { DialogButtons } from '../../components/dialog-buttons.tsx'
import { ErrorNote } from '../../components/error-state.tsx'
import { awayPeriod, dayOf, problemsOfStandIn } from './stand-in-draft.ts'
import styles from './settings.module.css'

const dayMs = 24 * 60 * 60 * 1000

/** Names somebody to decide in one’s place: who, for which groups, on which days, and why. */
export function NameStandIn({ person, onClose }: { person: Person; onClose: () => void }) {
  const people = useDesktopQuery('delegations:delegates')
  const give = useDesktopMutation('delegations:give', onClose)
  const [now] = useState(Date.now)
  const [delegate, setDelegate] = useState<string | null>(null)
  const [groups, setGroups] = useState<readonly string[]>(person.groups.length === 1 ? person.groups : [])
  const [first, setFirst] = useState(dayOf(now))
  const [last, setLast] = useState(dayOf(now + 7 * dayMs))
  const [reason, setReason] = useState('')
  const [checked, setChecked] = useState(false)
  const problems = problemsOfStandIn({ delegate, groups, first, last, reason }, now)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    setChecked(true)
    const period = awayPeriod(first, last, Date.now())
    if (Object.keys(problems).length > 0 || delegate === null || !period) return
    give.mutate({ delegate, groups: [...groups], ...period, reason: reason.trim() })
  }
  const shown = checked ? problems : {}
  return (
    <Dialog onClose={onClose} title="Name a stand-in" size={520}>
      <form className="stack" onSubmit={submit} noValidate>
        <Select
          label="Who decides in your place"
          description="Reviewers who have signed in here. They never decide what they asked for themselves, or you did."
          placeholder={people.isPending ? 'Loading' : 'Choose somebody'}
          searchable
          value={delegate}
          onChange={setDelegate}
          data={people.data?.map(({ sub, name }) => ({ value: sub, label: name })) ?? []}
          error={shown.delegate}
          nothingFoundMessage="No other reviewer has signed in here."
          data-autofocus
        />
        <Checkbox.Group label="For your groups" value={[...groups]} onChange={setGroups} error={shown.groups}>
          <div className={styles.days}>
            {person.groups.map((group) => (
              <Checkbox key={group} value={group} label={group} />
            ))}
          </div>
        </Checkbox.Group>
        <div className={styles.times}>
          <TextInput
            className="grow"
            type="date"
            label="First day"
            value={first}
            min={dayOf(now)}
            onChange={(event) => setFirst(event.currentTarget.value)}
            error={shown.first}
          />
          <TextInput
            className="grow"
            type="date"
            label="Last day"
            value={last}
            min={first}
            onChange={(event) => setLast(event.currentTarget.value)}
            error={shown.last}
          />
        </div>
        <TextInput
          label="Reason"
          description="It stays in the log, and your stand-in reads it."
          placeholder="On leave until 4 December"
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          error={shown.reason}
        />
        {people.error !== null && <ErrorNote error={people.error} />}
        {give.error !== null && <ErrorNote error={give.error} />}
        <DialogButtons onCancel={onClose} hint="Counts for requests from then on. At most 30 days.">
          <Button type="submit" variant="filled" leftSection={<PenLine aria-hidden />} loading={give.isPending}>
            Sign
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  )
}
