import { Button, MultiSelect, NumberInput, TagsInput } from '@mantine/core'
import { Trash2 } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import { breakGlassTerms, longestBreakGlassMinutes, type BreakGlassRule } from '../../../src-protocol/break-glass.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { useDesktopQuery } from '../../api/use-desktop-query.ts'
import { ConnectionAndName } from '../../components/connection-and-name.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { DialogButtons } from '../../components/dialog-buttons.tsx'
import { ErrorNote } from '../../components/error-state.tsx'
import { Note } from '../../components/note.tsx'
import { draftOf, problemsOf, type BreakGlassRuleDraft } from './break-glass-rule-draft.ts'

interface RuleEditorProps {
  /** undefined: a new one */
  rule: BreakGlassRule | undefined
  /** another administrator has to agree */
  proposes: boolean
  onClose: () => void
}

/** Who may break the glass of a connection, for which tools, how long, and who looks at it afterwards. */
export function BreakGlassRuleEditor({ rule, proposes, onClose }: RuleEditorProps) {
  const people = useDesktopQuery('people:list').data ?? []
  const [draft, setDraft] = useState<BreakGlassRuleDraft>(() => draftOf(rule))
  const [checked, setChecked] = useState(false)
  const save = useDesktopMutation('break-glass:set-rule', onClose)
  const remove = useDesktopMutation('break-glass:remove-rule', onClose)
  const problems = problemsOf(draft)
  const shown = checked ? problems : {}
  const set = (values: Partial<BreakGlassRuleDraft>): void => setDraft((before) => ({ ...before, ...values }))
  const known = people.map(({ person: { sub, name, email } }) => ({ value: sub, label: email === undefined ? name : `${name}, ${email}` }))
  const unknown = draft.people.filter((sub) => known.every(({ value }) => value !== sub)).map((sub) => ({ value: sub, label: sub }))

  const submit = (event: FormEvent): void => {
    event.preventDefault()
    setChecked(true)
    if (Object.keys(problems).length > 0) return
    save.mutate({ terms: breakGlassTerms.parse(draft), ...(rule && { id: rule.id, before: rule.version }) })
  }
  const error = save.error ?? remove.error
  const verb = proposes ? 'Propose rule' : rule === undefined ? 'Create rule' : 'Save rule'

  return (
    <Dialog onClose={onClose} title={rule === undefined ? 'New rule for breaking the glass' : `Edit “${rule.terms.title}”`} size={640}>
      <form className="stack" onSubmit={submit} noValidate>
        {proposes && <Note title="Another administrator has to agree.">Until then the rule in force stays as it is.</Note>}
        <ConnectionAndName values={draft} errors={shown} settled={rule !== undefined} placeholder="Nights and weekends" onChange={set} />
        <MultiSelect
          label="People who may"
          description="By name. They have to be operators."
          searchable
          value={draft.people}
          onChange={(chosen) => set({ people: chosen })}
          data={[...known, ...unknown]}
          error={shown.people}
        />
        <div className="pair">
          <TagsInput
            label="Groups that may"
            value={draft.groups}
            onChange={(groups) => set({ groups })}
            error={shown.groups}
            splitChars={[',', ' ']}
          />
          <TagsInput
            label="For calls of these tools"
            placeholder={draft.tools.length === 0 ? 'execute_sql' : ''}
            value={draft.tools}
            onChange={(tools) => set({ tools })}
            error={shown.tools}
            splitChars={[',', ' ']}
          />
          <NumberInput
            label="Longest, in minutes"
            description={`At most ${longestBreakGlassMinutes}.`}
            min={1}
            max={longestBreakGlassMinutes}
            value={draft.maxMinutes}
            onChange={(value) => set({ maxMinutes: Number(value) })}
            error={shown.maxMinutes}
          />
          <TagsInput
            label="Who reviews it"
            description="Groups of reviewers."
            placeholder={draft.reviewers.length === 0 ? 'dba' : ''}
            value={draft.reviewers}
            onChange={(reviewers) => set({ reviewers })}
            error={shown.reviewers}
            splitChars={[',', ' ']}
          />
        </div>
        <TagsInput
          label="Way of the fresh sign-in (optional)"
          description="Values of acr that your identity provider sends. Empty: any way."
          value={draft.acr}
          onChange={(acr) => set({ acr })}
          error={shown.acr}
          splitChars={[',', ' ']}
        />
        {rule !== undefined && (
          <Note tone="held" title="What is open under it closes when the terms change.">
            Removing it takes nobody else’s agreement.
          </Note>
        )}
        {error !== null && <ErrorNote error={error} />}
        <DialogButtons onCancel={onClose}>
          {rule !== undefined && (
            <Button
              variant="danger"
              loading={remove.isPending}
              leftSection={<Trash2 className="small" aria-hidden />}
              onClick={() => remove.mutate(rule.id)}
            >
              Remove rule
            </Button>
          )}
          <Button type="submit" variant="filled" loading={save.isPending}>
            {verb}
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  )
}
