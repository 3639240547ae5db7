import { Button, TextInput } from '@mantine/core'
import { Check, Copy } from 'lucide-react'
import { useState, type FormEvent, type ReactNode } from 'react'
import type { Agent } from '../../../src-protocol/model.ts'
import { useCopy } from '../../api/use-copy.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { useDesktopState } from '../../api/use-desktop-state.ts'
import { CodePane } from '../../components/code-pane.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { DialogButtons } from '../../components/dialog-buttons.tsx'
import { ErrorNote } from '../../components/error-state.tsx'
import { Note } from '../../components/note.tsx'
import { formatShortTime } from '../../components/time.ts'
import { agentCommand, agentFile } from './agent-set-up.ts'
import styles from './agents.module.css'

/** Makes a join token and says what to do with it. The token is shown here and nowhere else. */
export function EnrolAgent({ existing, onClose }: { existing: readonly Agent[]; onClose: () => void }) {
  const [name, setName] = useState('')
  const [checked, setChecked] = useState(false)
  const create = useDesktopMutation('agents:create-join-token')
  const problem = nameProblem(name, existing)

  const submit = (event: FormEvent): void => {
    event.preventDefault()
    setChecked(true)
    if (problem === undefined) create.mutate({ name })
  }
  if (create.data !== undefined) return <JoinToken name={name} {...create.data} onClose={onClose} />
  return (
    <Dialog onClose={onClose} title="Enrol an agent" size={520}>
      <form className="stack" onSubmit={submit} noValidate>
        <TextInput
          label="Name"
          description="How people recognise the machine: dc1-agent-1."
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={checked ? problem : undefined}
          maxLength={63}
          spellCheck={false}
          classNames={{ input: 'mono' }}
          data-autofocus
        />
        {create.error !== null && <ErrorNote error={create.error} />}
        <DialogButtons onCancel={onClose}>
          <Button type="submit" variant="filled" loading={create.isPending}>
            Create join token
          </Button>
        </DialogButtons>
      </form>
    </Dialog>
  )
}

function JoinToken({ name, joinToken, expiresAt, onClose }: { name: string; joinToken: string; expiresAt: string; onClose: () => void }) {
  const { gateway } = useDesktopState()
  return (
    <Dialog onClose={onClose} title={`Join token for ${name}`} size={640} closeOnClickOutside={false}>
      <div className="stack">
        <Note tone="held" title="This token is shown only once.">
          It works for one enrolment, until {formatShortTime(expiresAt)}. Whoever has it can enrol an agent under this name.
        </Note>
        <Step number={1} title="On that machine, write agent.yaml: the servers that it offers" copy={agentFile(gateway.url)}>
          <CodePane text={agentFile(gateway.url).trimEnd()} language="yaml" maxHeight={220} framed label="agent.yaml" />
        </Step>
        <Step number={2} title="Start it there, once with the token" copy={agentCommand(joinToken)}>
          <CodePane text={agentCommand(joinToken)} language="shell" framed wrap label="The command" />
        </Step>
        <DialogButtons hint="It appears in the list by itself. Then register its servers as connections.">
          <Button variant="filled" onClick={onClose}>
            Done
          </Button>
        </DialogButtons>
      </div>
    </Dialog>
  )
}

interface StepProps {
  number: number
  title: string
  copy: string
  children: ReactNode
}

function Step({ number, title, copy: text, children }: StepProps) {
  const { copied, copy } = useCopy()
  return (
    <section className={styles.step}>
      <header className="row">
        <h3>
          {number}. {title}
        </h3>
        <span className="right">
          <Button
            size="sm"
            leftSection={copied ? <Check className="small" aria-hidden /> : <Copy className="small" aria-hidden />}
            onClick={() => copy(text)}
          >
            {copied ? 'Copied' : 'Copy'}
          </Button>
        </span>
      </header>
      {children}
    </section>
  )
}

function nameProblem(name: string, existing: readonly Agent[]): string | undefined {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name)) return 'Use letters, digits, points and hyphens, at most 63.'
  return existing.some((agent) => agent.name === name) ? 'An agent has this name already.' : undefined
}
