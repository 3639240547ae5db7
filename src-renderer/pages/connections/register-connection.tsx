import { Button, NumberInput, Select, TagsInput, TextInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import type { Agent, Connection } from '../../../src-protocol/model.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { useDesktopQuery } from '../../api/use-desktop-query.ts'
import { Dialog } from '../../components/dialog.tsx'
import { DialogButtons } from '../../components/dialog-buttons.tsx'
import { ErrorNote } from '../../components/error-state.tsx'
import { LoadingRows } from '../../components/loading-rows.tsx'
import { Note } from '../../components/note.tsx'
import { connectionProblems, dialectChoices, type ConnectionDraft } from './connection-draft.ts'

/** An administrator opens a server that an agent declares to groups of people. */
export function RegisterConnection({ existing, onClose }: { existing: readonly Connection[]; onClose: () => void }) {
  const agents = useDesktopQuery('agents:list')
  return (
    <Dialog onClose={onClose} title="Register a connection" size={560}>
      {agents.isPending && <LoadingRows rows={3} label="Loading agents" />}
      {agents.isError && <ErrorNote error={agents.error} onRetry={() => void agents.refetch()} />}
      {agents.isSuccess && agents.data.every((agent) => agent.servers.length === 0) && (
        <Note tone="held" title="No agent declares a server.">
          Enrol an agent first; what its own file names can then be chosen here.
        </Note>
      )}
      {agents.isSuccess && agents.data.some((agent) => agent.servers.length > 0) && (
        <RegisterForm agents={agents.data} existing={existing} onClose={onClose} />
      )}
    </Dialog>
  )
}

interface RegisterFormProps {
  agents: readonly Agent[]
  existing: readonly Connection[]
  onClose: () => void
}

const emptyDraft: ConnectionDraft = { server: '', name: '', title: '', description: '', groups: [], maxMinutes: 60, dialect: 'none' }

function RegisterForm({ agents, existing, onClose }: RegisterFormProps) {
  const [draft, setDraft] = useState<ConnectionDraft>(emptyDraft)
  const [checked, setChecked] = useState(false)
  const create = useDesktopMutation('connections:create', onClose)
  const problems = connectionProblems(draft, existing)
  const change = (values: Partial<ConnectionDraft>): void => setDraft((before) => ({ ...before, ...values }))
  const shown = checked ? problems : {}

  const choose = (value: string | null): void => {
    const { server } = declaredServer(agents, value ?? '') ?? {}
    if (server === undefined || value === null) return
    change({
      server: value,
      name: draft.name || server.name,
      title: draft.title || server.title,
      description: draft.description || (server.description ?? ''),
    })
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    setChecked(true)
    const declared = declaredServer(agents, draft.server)
    if (Object.keys(problems).length > 0 || declared === undefined) return
    const { name, title, groups, maxMinutes, dialect } = draft
    const description = draft.description.trim()
    create.mutate({
      name,
      title: title.trim(),
      ...(description === '' ? {} : { description }),
      agent: declared.agent.id,
      server: declared.server.name,
      groups,
      maxMinutes,
      ...(dialect !== 'none' && { dialect }),
    })
  }

  return (
    <form className="stack" onSubmit={submit} noValidate>
      <Select
        label="Server"
        description="What the agents’ own files declare. Commands and credentials stay with the agent."
        placeholder="Choose a server"
        searchable
        value={draft.server || null}
        onChange={choose}
        error={shown.server}
        data={agents
          .filter((agent) => agent.servers.length > 0)
          .map((agent) => ({
            group: agent.online ? agent.name : `${agent.name} (offline)`,
            items: agent.servers.map((server) => ({ value: serverKey(agent, server.name), label: `${server.name}: ${server.title}` })),
          }))}
        data-autofocus
      />
      <div className="pair">
        <TextInput
          label="Name"
          description="Policies and links use it; it cannot be changed."
          value={draft.name}
          onChange={(event) => change({ name: event.currentTarget.value })}
          error={shown.name}
          spellCheck={false}
          maxLength={63}
          classNames={{ input: 'mono' }}
        />
        <TextInput
          label="Title"
          value={draft.title}
          onChange={(event) => change({ title: event.currentTarget.value })}
          error={shown.title}
          maxLength={120}
        />
      </div>
      <TextInput
        label="Description (optional)"
        value={draft.description}
        onChange={(event) => change({ description: event.currentTarget.value })}
        maxLength={500}
      />
      <div className="pair">
        <TagsInput
          label="Groups"
          description="Who may start sessions. Empty: every operator."
          placeholder={draft.groups.length === 0 ? 'data-oncall' : ''}
          value={draft.groups}
          onChange={(groups) => change({ groups })}
          splitChars={[',', ' ']}
        />
        <NumberInput
          label="Longest session, in minutes"
          description="At most 1,440, a day."
          min={1}
          max={1_440}
          value={draft.maxMinutes}
          onChange={(value) => change({ maxMinutes: Number(value) })}
          error={shown.maxMinutes}
        />
      </div>
      <Select
        label="SQL dialect"
        description="Of the SQL its tools take. With None, texts that dialects read differently count as unknown, and rules hold or refuse them."
        value={draft.dialect}
        onChange={(value) => change({ dialect: dialectChoices.find((choice) => choice.value === value)?.value ?? 'none' })}
        data={dialectChoices}
        allowDeselect={false}
      />
      {create.error !== null && <ErrorNote error={create.error} />}
      <DialogButtons onCancel={onClose}>
        <Button type="submit" variant="filled" loading={create.isPending}>
          Register
        </Button>
      </DialogButtons>
    </form>
  )
}

function serverKey(agent: Agent, server: string): string {
  return `${agent.id} ${server}`
}

function declaredServer(agents: readonly Agent[], key: string) {
  for (const agent of agents) {
    const server = agent.servers.find((candidate) => serverKey(agent, candidate.name) === key)
    if (server !== undefined) return { agent, server }
  }
  return undefined
}
