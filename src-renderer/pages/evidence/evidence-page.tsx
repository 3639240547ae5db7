import { Button, NumberInput, TextInput } from '@mantine/core'
import { FileArchive, FileCheck, Shuffle } from 'lucide-react'
import { useState, type FormEvent } from 'react'
import type { DesktopOutput } from '../../../src-protocol/desktop-api.ts'
import { useDesktopMutation } from '../../api/use-desktop-mutation.ts'
import { useDesktopState } from '../../api/use-desktop-state.ts'
import { CodePane } from '../../components/code-pane.tsx'
import { ErrorNote } from '../../components/error-state.tsx'
import { Facts } from '../../components/facts.tsx'
import { Hash } from '../../components/hash.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { Panel } from '../../components/panel.tsx'
import { quarters } from '../../components/period.ts'
import { ReasonButton } from '../../components/reason-button.tsx'
import { packProblems, packRequestOf, type PackDraft } from './pack-draft.ts'
import styles from './evidence.module.css'

type Exported = DesktopOutput<'evidence:export'>

/** What an auditor takes away: a period as one file that proves itself. */
export function EvidencePage() {
  const [exported, setExported] = useState<Exported>()
  return (
    <div className="page">
      <PageHeader title="Evidence" meta="a period as one file that proves itself, without this application and without a network" />
      <div className={`page-body ${styles.columns}`}>
        <div className={styles.column}>
          <PackForm onExported={setExported} />
          {exported?.file !== undefined && <PackWritten exported={exported} />}
        </div>
        <Contents />
      </div>
    </div>
  )
}

function PackForm({ onExported }: { onExported: (exported: Exported) => void }) {
  const { gateway } = useDesktopState()
  const [periods] = useState(() => quarters(new Date()))
  const [draft, setDraft] = useState<PackDraft>({ from: periods[0]?.from ?? '', to: periods[0]?.to ?? '', seed: '', sampleSize: 25 })
  const [checked, setChecked] = useState(false)
  const make = useDesktopMutation('evidence:export', onExported)
  const problems = packProblems(draft)
  const shown = checked ? problems : {}
  const change = (values: Partial<PackDraft>): void => setDraft((before) => ({ ...before, ...values }))
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    setChecked(true)
    if (Object.keys(problems).length === 0) make.mutate(packRequestOf(draft))
  }
  return (
    <Panel title="Evidence pack">
      <form className={styles.form} onSubmit={submit} noValidate>
        <fieldset className={styles.period}>
          <legend className="unseen">Period</legend>
          <TextInput
            type="date"
            label="First day"
            value={draft.from}
            onChange={(event) => change({ from: event.currentTarget.value })}
            error={shown.from}
          />
          <TextInput
            type="date"
            label="Last day"
            value={draft.to}
            onChange={(event) => change({ to: event.currentTarget.value })}
            error={shown.to}
          />
          <div className={styles.quarters}>
            {periods.map(({ label, from, to }) => (
              <Button key={label} aria-pressed={draft.from === from && draft.to === to} onClick={() => change({ from, to })}>
                {label}
              </Button>
            ))}
          </div>
        </fieldset>
        <span className="small t3">Days in UTC. All log entries and all sessions that ended in the period are in the pack.</span>
        <div className={styles.seed}>
          <TextInput
            label="Seed of the sample"
            description="Chosen by the auditor. Which sessions are drawn follows from it, and anybody can draw again."
            placeholder="any text"
            value={draft.seed}
            onChange={(event) => change({ seed: event.currentTarget.value })}
            error={shown.seed}
            spellCheck={false}
          />
          <Button leftSection={<Shuffle aria-hidden />} onClick={() => change({ seed: crypto.randomUUID() })}>
            At random
          </Button>
        </div>
        <NumberInput
          label="Sessions in the sample"
          description="In full, each with its proof and a page to replay it in a browser."
          min={1}
          max={1000}
          className={styles.count}
          value={draft.sampleSize}
          onChange={(sampleSize) => change({ sampleSize })}
          error={shown.sampleSize}
        />
        {make.error !== null && <ErrorNote error={make.error} />}
        <div className={styles.submit}>
          <span className="small t3">That it was exported stands in the log, with your name.</span>
          <ReasonButton
            type="submit"
            variant="filled"
            loading={make.isPending}
            leftSection={<FileArchive aria-hidden />}
            reason={gateway.reachable ? undefined : 'The gateway cannot be reached.'}
          >
            Choose a folder and export
          </ReasonButton>
        </div>
      </form>
    </Panel>
  )
}

function PackWritten({ exported: { file = '', pack, key = '' } }: { exported: Exported }) {
  if (pack === undefined) return null
  const sizes = `${pack.entries.toLocaleString('en')} log entries, ${pack.sessions.toLocaleString('en')} sessions, ${pack.sample} of them in full`
  return (
    <Panel title="Written" meta={formatBytes(pack.bytes)}>
      <div className={styles.written} role="status">
        <Facts
          items={[
            { label: 'File', value: <span className="mono">{file}</span> },
            { label: 'Holds', value: sizes },
            { label: 'Manifest', value: <Hash value={pack.manifest} label="SHA-256 of the manifest" /> },
            { label: 'In the log', value: `entry ${pack.logIndex.toLocaleString('en')}` },
          ]}
        />
        <div>
          <div className="medium">Check it on another computer, with Node alone</div>
          <p className="small t2">Unpack the file, and run this in its folder:</p>
          <CodePane text={`node verify/verify.mjs --key '${key}'`} label="How to check the pack" wrap framed />
          <p className="small t3">The key is the one of this gateway’s log. Hand it over by another way than the pack.</p>
        </div>
      </div>
    </Panel>
  )
}

const contents: readonly (readonly [string, string])[] = [
  ['manifest.json', 'the question, the counts, and the hash of every file'],
  ['log/', 'all log entries of the period, and the signed checkpoint that they lead to'],
  ['population/', 'complete tables: sessions, people, calls, decisions, masks, refusals, approvals, policies, access, administration'],
  ['sample/', 'recordings in full, with proof, a page to replay them, and events for a SIEM (OCSF)'],
  ['oscal/', 'assessment results (OSCAL) with hashed evidence'],
  ['controls.csv', 'SOC 2 criteria, and where to find what speaks for each'],
  ['verify/', 'a verifier that needs Node and nothing else'],
]

function Contents() {
  return (
    <Panel title="What is in it" className={styles.contents}>
      <dl className={styles.list}>
        {contents.map(([name, what]) => (
          <div key={name}>
            <dt className="mono">{name}</dt>
            <dd className="t2">{what}</dd>
          </div>
        ))}
      </dl>
      <p className={`small t3 ${styles.limits}`}>
        <FileCheck className="small" aria-hidden /> It never says that a control is met: that is the auditor’s to say. It cannot show
        traffic that never went through the gateway.
      </p>
    </Panel>
  )
}

function formatBytes(bytes: number): string {
  if (bytes < 1024 * 1024) return `${Math.max(1, Math.round(bytes / 1024))} KB`
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`
}
