import { Button, NumberInput, Switch, TagsInput, TextInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import type { AccessRule } from '../../../src-protocol/access.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { ConnectionAndName } from '../../components/connection-and-name.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { DialogButtons } from '../../components/dialog-buttons.tsx'
import { ErrorNote } from '../../components/error-state.tsx'
import { Note } from '../../components/note.tsx'
import { draftOf, problemsOf, termsOf, type RuleDraft } from './rule-draft.ts'
import { ScheduleFields } from './schedule-fields.tsx'

interface RuleEditorProps {
  /** undefined: a new one */
  rule: AccessRule | undefined
  rules: readonly AccessRule[]
  onClose: () => void
}

/** Who may ask for access to a connection, when, for how long, and what it takes. */
export function RuleEditor({ rule, rules, onClose }: RuleEditorProps) {
  const [draft, setDraft] = useState<RuleDraft>(() => draftOf(rule, new Intl.DateTimeFormat().resolvedOptions().timeZone))
  const [checked, setChecked] = useState(false)
  const create = useDesktopMutation('access:create-rule', onClose)
  const change = useDesktopMutation('access:change-rule', onClose)
  const saving = rule === undefined ? create : change
  const problems = problemsOf(draft)
  const shown = checked ? problems : {}
  const set = (values: Partial<RuleDraft>): void => setDraft((before) => ({ ...before, ...values }))
  const first = rule === undefined && draft.connection !== '' && rules.every(({ terms }) => terms.connection !== draft.connection)

  const submit = (event: FormEvent): void => {
    event.preventDefault()
    setChecked(true)
    if (Object.keys(problems).length > 0) return
    if (rule === undefined) create.mutate(termsOf(draft))
    else change.mutate({ id: rule.id, terms: termsOf(draft), before: rule.version })
  }

  return (
    <Dialog onClose={onClose} title={rule === undefined ? 'New access rule' : `Edit “${rule.terms.title}”`} size={640}>
      <form className="stack" onSubmit={submit} noValidate>
        <ConnectionAndName
          values={draft}
          errors={shown}
          settled={rule !== undefined}
          placeholder="On call"
          descriptions={{
            connection: rule === undefined ? 'From now on its sessions need access.' : 'A rule stays with its connection.',
            title: 'Operators choose it by this.',
          }}
          onChange={set}
        />
        {first && (
          <Note tone="held" title={`It is the first rule of ${draft.connection}.`}>
            Sessions that run on it without access end when you save.
          </Note>
        )}
        {rule !== undefined && (
          <Note tone="held" title="What it would not give any more, it takes.">
            Access beyond the new terms ends when you save, and requests that wait are void.
          </Note>
        )}
        <div className="pair">
          <TagsInput
            label="Who may ask"
            description="Groups. Empty: everybody who may use it."
            placeholder={draft.groups.length === 0 ? 'data-oncall' : ''}
            value={draft.groups}
            onChange={(groups) => set({ groups })}
            splitChars={[',', ' ']}
          />
          <NumberInput
            label="Longest access, in minutes"
            description="At most 10,080, a week."
            min={1}
            max={10_080}
            value={draft.maxMinutes}
            onChange={(value) => set({ maxMinutes: Number(value) })}
            error={shown.maxMinutes}
          />
        </div>
        <TagsInput
          label="Who approves"
          description="Reviewers in one of these groups, never who asks. Empty: nobody has to, and asking gives access at once."
          placeholder={draft.approvers.length === 0 ? 'dba' : ''}
          value={draft.approvers}
          onChange={(approvers) => set({ approvers })}
          splitChars={[',', ' ']}
        />
        <Switch
          label="A reason is required"
          checked={draft.reasonRequired}
          onChange={(event) => set({ reasonRequired: event.currentTarget.checked })}
        />
        <Switch
          label="A ticket is required"
          checked={draft.ticketRequired}
          onChange={(event) => set({ ticketRequired: event.currentTarget.checked })}
        />
        {draft.ticketRequired && (
          <TextInput
            label="Form of a ticket (optional)"
            description="A regular expression that the whole ticket has to match."
            placeholder="INC-[0-9]+"
            value={draft.ticketPattern}
            onChange={(event) => set({ ticketPattern: event.currentTarget.value })}
            maxLength={200}
            spellCheck={false}
            classNames={{ input: 'mono' }}
          />
        )}
        <Switch
          label="Open at certain times only"
          checked={draft.scheduled}
          onChange={(event) => set({ scheduled: event.currentTarget.checked })}
        />
        {draft.scheduled && <ScheduleFields draft={draft} problems={shown} onChange={set} />}
        {saving.error !== null && <ErrorNote error={saving.error} />}
        <DialogButtons onCancel={onClose}>
          <Button type="submit" variant="filled" loading={saving.isPending}>
            {rule === undefined ? 'Create rule' : 'Save rule'}
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  )
}
