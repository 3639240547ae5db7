import { Button, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { CircleCheck, CircleQuestionMark, Hourglass } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import type { KnownWitness } from '../../../src-protocol/known-witnesses.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { desktopKey, useDesktopQueryWith } from '../../api/use-desktop-query.ts'
import { ErrorNote } from '../../components/error-state.tsx'
import { Panel } from '../../components/panel.tsx'
import { ReasonButton } from '../../components/reason-button.tsx'
import { Timestamp } from '../../components/timestamp.tsx'
import { ToneMark } from '../../components/verdict.tsx'
import { VisibleText } from '../../components/visible-text.tsx'
import styles from './settings.module.css'

const askedAgainMs = 15_000

/** Who vouches for the log besides the gateway, and whether they did for what is pinned. */
export function WitnessesPanel() {
  const found = useDesktopQueryWith({ channel: 'witnesses:list', input: [], again: () => askedAgainMs })
  const client = useQueryClient()
  const [key, setKey] = useState('')
  const know = (witnesses: KnownWitness[]): void => void client.setQueryData(desktopKey('witnesses:list'), witnesses)
  const add = useDesktopMutation('witnesses:add', (witnesses) => {
    know(witnesses)
    setKey('')
  })
  const remove = useDesktopMutation('witnesses:remove', know)
  const error = add.error ?? remove.error ?? found.error
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (key.trim() !== '') add.mutate(key.trim())
  }
  return (
    <Panel title="Witnesses of the log">
      <div className={styles.gateway}>
        <div className="small t3">
          A witness cosigns only a log that continues what it saw before. This computer warns when the checkpoint that it pins lacks the
          cosignature of one that stands here. Get their keys from the witnesses, not from the gateway.
        </div>
        {error !== null && <ErrorNote error={error} />}
        {found.data && found.data.length > 0 && (
          <ul className={styles.witnesses} aria-label="Witnesses">
            {found.data.map((witness) => (
              <li key={witness.key}>
                <Witness witness={witness} />
                <Button
                  size="sm"
                  variant="quiet"
                  loading={remove.isPending && remove.variables === witness.key}
                  aria-label={`Remove ${witness.name}`}
                  onClick={() => remove.mutate(witness.key)}
                >
                  Remove
                </Button>
              </li>
            ))}
          </ul>
        )}
        <form className={styles.address} onSubmit={submit} noValidate>
          <TextInput
            className="grow"
            label="Verifier key of a witness"
            placeholder="witness.example/w1+8d66cf3f+BAzS…"
            value={key}
            maxLength={500}
            onChange={({ currentTarget }) => setKey(currentTarget.value)}
            spellCheck={false}
            classNames={{ input: 'mono' }}
          />
          <ReasonButton type="submit" reason={key.trim() === '' ? 'Paste the key of a witness.' : undefined} loading={add.isPending}>
            Add
          </ReasonButton>
        </form>
      </div>
    </Panel>
  )
}

const marks = {
  cosigned: { icon: CircleCheck, tone: 'allowed', word: 'Cosigned' },
  behind: { icon: Hourglass, tone: 'held', word: 'Not cosigned' },
  never: { icon: CircleQuestionMark, tone: 'held', word: 'Never seen' },
} as const

function Witness({ witness: { name, key, state, last } }: { witness: KnownWitness }) {
  return (
    <div className="grow">
      <div className="row">
        <span className="medium">
          <VisibleText text={name} />
        </span>
        <ToneMark {...marks[state]} />
      </div>
      <div className="small t3">
        {last === undefined ? (
          'No checkpoint of this log with its cosignature has reached this computer.'
        ) : (
          <>
            last cosigned <span className="num">{last.size.toLocaleString('en')}</span> entries, <Timestamp at={last.at} form="relative" />
          </>
        )}
      </div>
      <div className={`small mono ${styles.key}`}>{key}</div>
    </div>
  )
}
