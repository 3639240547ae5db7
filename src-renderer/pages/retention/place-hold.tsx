import { Button, Select, Textarea, TextInput } from '@mantine/core'
import { Lock } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import type { Person } from '../../../src-protocol/model.ts'
import { holdRequest } from '../../../src-protocol/retention.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { useDesktopQuery } from '../../api/use-desktop-query.ts'
import { Dialog } from '../../components/dialog.tsx'
import { DialogButtons } from '../../components/dialog-buttons.tsx'
import { ErrorNote } from '../../components/error-state.tsx'
import { draftProblem, emptyHoldDraft, requestOf, type HoldDraft } from './hold-draft.ts'

interface PlaceHoldProps {
  /** how many administrators it will take to release it */
  approvals: 1 | 2
  people: readonly Person[]
  onClose: () => void
}

/** Keeps recordings beyond their time: those that fit everything that is filled in, and those that come later and fit. */
export function PlaceHold({ approvals, people, onClose }: PlaceHoldProps) {
  const [draft, setDraft] = useState<HoldDraft>(emptyHoldDraft)
  const [checked, setChecked] = useState(false)
  const connections = useDesktopQuery('connections:list').data ?? []
  const place = useDesktopMutation('retention:place-hold', onClose)
  const problem = draftProblem(draft)
  const change = (changed: Partial<HoldDraft>) => setDraft((before) => ({ ...before, ...changed }))
  const errorOf = (field: keyof HoldDraft): string | undefined => (checked && problem?.field === field ? problem.sentence : undefined)
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    setChecked(true)
    const request = holdRequest.safeParse(requestOf(draft))
    if (problem === undefined && request.success) place.mutate(request.data)
  }
  return (
    <Dialog onClose={onClose} title="Place a hold" size={560} closeOnClickOutside={false}>
      <form className="stack" onSubmit={submit} noValidate>
        <p className="t2">
          Recordings that fit everything below are not removed, those that come later included, until{' '}
          {approvals === 2 ? 'two administrators release' : 'an administrator releases'} the hold.
        </p>
        <div className="pair">
          <Select
            label="Person"
            placeholder="anybody"
            searchable
            clearable
            data={people.map(({ sub, name }) => ({ value: sub, label: name }))}
            value={draft.person}
            onChange={(person) => change({ person })}
            error={errorOf('person')}
            data-autofocus
          />
          <Select
            label="Connection"
            placeholder="every one"
            searchable
            clearable
            data={connections.map(({ name }) => name)}
            value={draft.connection}
            onChange={(connection) => change({ connection })}
          />
          <TextInput type="date" label="Ended from" value={draft.from} onChange={(event) => change({ from: event.currentTarget.value })} />
          <TextInput
            type="date"
            label="Ended before"
            value={draft.before}
            onChange={(event) => change({ before: event.currentTarget.value })}
            error={errorOf('before')}
          />
        </div>
        <Textarea
          label="Sessions"
          description="Ids, one on a line. Leave it empty for all that fit the rest."
          rows={2}
          classNames={{ input: 'mono' }}
          value={draft.sessions}
          onChange={(event) => change({ sessions: event.currentTarget.value })}
          error={errorOf('sessions')}
        />
        <Textarea
          label="Reason"
          description="It stands in the log, beside your name."
          rows={2}
          maxLength={1000}
          value={draft.reason}
          onChange={(event) => change({ reason: event.currentTarget.value })}
          error={errorOf('reason')}
        />
        {place.error !== null && <ErrorNote error={place.error} />}
        <DialogButtons onCancel={onClose}>
          <Button type="submit" variant="filled" loading={place.isPending} leftSection={<Lock className="small" aria-hidden />}>
            Place the hold
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  )
}
