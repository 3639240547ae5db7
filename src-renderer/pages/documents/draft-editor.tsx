import { Button, Switch } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { PencilLine, Trash2 } from 'lucide-react'
import { useMemo, useRef, useState } from 'react'
import type { DocumentProblem, PolicyVersion } from '../../../src-protocol/policy-version.ts'
import type { ActivationApprovals, ActivationOutcome } from '../../../src-protocol/policy-proposal.ts'
import { useDesktopQueryWith } from '../../api/use-desktop-query.ts'
import { Hash } from '../../components/hash.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { ToneMark } from '../../components/verdict.tsx'
import { ActivationBar } from './activation-bar.tsx'
import { changedLines, describeChanges } from '../../../src-core/policy/changed-lines.ts'
import { DocumentEditor, type DocumentEditorHandle } from './editor/document-editor.tsx'
import { kindWords, type DocumentKind } from './document-kind.ts'
import { ProblemList } from './problem-list.tsx'
import { SimulationPanel } from './simulation-panel.tsx'
import { TrialPanel } from './trial/trial-panel.tsx'
import type { Draft } from './use-draft.ts'
import { useSimulation } from './use-simulation.ts'
import styles from './documents.module.css'

interface DraftEditorProps {
  kind: DocumentKind
  draft: Draft
  active: PolicyVersion | undefined
  approvals: ActivationApprovals | undefined
  onActivated: (outcome: ActivationOutcome) => void
  /** undefined discards the draft */
  onChange: (draft: Draft | undefined) => void
}

const none: readonly DocumentProblem[] = []
/** How long typing must pause before the gateway is asked to check. */
const checkAfterMs = 350

/** A draft: written here, checked by the gateway as one types, in force only when activated. */
export function DraftEditor({ kind, draft, active, approvals, onActivated, onChange }: DraftEditorProps) {
  const { title, file } = kindWords[kind]
  const editor = useRef<DocumentEditorHandle>(null)
  const [place, setPlace] = useState({ line: 1, column: 1 })
  const [settled] = useDebouncedValue(draft.text, checkAfterMs)
  const check = useDesktopQueryWith({ channel: 'policies:check', input: [{ kind, text: settled }], keepPrevious: true })
  const simulation = useSimulation(draft.text)
  const changes = useMemo(() => changedLines(active?.text ?? '', draft.text), [active?.text, draft.text])
  const isCurrent = settled === draft.text && check.isSuccess && !check.isPlaceholderData
  const [difference, setDifference] = useState(false)
  const found = check.data ?? none
  const problems = useMemo(() => found.filter(({ severity }) => severity !== 'note'), [found])

  return (
    <div className="page">
      <PageHeader
        title={title}
        badge={<ToneMark form="badge" icon={PencilLine} tone={undefined} word="Draft" />}
        meta={
          <span className="t3">
            {active === undefined ? (
              'nothing is in force yet'
            ) : (
              <>
                in force is <Hash value={active.version} label="version in force" />
              </>
            )}
            {draft.base !== undefined && active !== undefined && draft.base !== active.version && (
              <>
                , drafted from <Hash value={draft.base} label="version it was drafted from" />
              </>
            )}
          </span>
        }
        actions={
          <Button leftSection={<Trash2 aria-hidden />} onClick={() => onChange(undefined)}>
            Discard draft
          </Button>
        }
      />
      <div className={styles.draft}>
        <section className={kind === 'masking' ? styles.narrowPane : styles.pane} aria-label={`${file}, draft`}>
          <header className={styles.paneHead}>
            <h2>{file}</h2>
            <span className="t3 small">{describeChanges(changes)}</span>
            {active !== undefined && (
              <Switch
                className="right"
                size="xs"
                label="Show only changes"
                checked={difference}
                onChange={(event) => setDifference(event.currentTarget.checked)}
              />
            )}
            <span className={`${active === undefined ? 'right ' : ''}small t3 num nowrap`}>
              Ln {place.line}, Col {place.column}
            </span>
          </header>
          <DocumentEditor
            ref={editor}
            kind={kind}
            label={`${file}, draft`}
            text={draft.text}
            onChange={(text) => onChange({ ...draft, text })}
            onPlace={setPlace}
            base={active?.text ?? ''}
            changed={changes.changed}
            difference={difference}
            problems={found}
          />
          <ProblemList check={check} isCurrent={isCurrent} onLine={(line) => editor.current?.goTo(line)} />
        </section>
        {kind === 'policy' ? (
          <SimulationPanel text={draft.text} simulation={simulation} />
        ) : (
          <TrialPanel draft={draft.text} active={active?.text} />
        )}
      </div>
      <ActivationBar
        kind={kind}
        text={draft.text}
        changes={changes}
        problems={isCurrent ? problems : undefined}
        checkFailed={check.isError}
        {...(kind === 'policy' && { simulation })}
        approvals={approvals}
        onActivated={(outcome) => {
          onChange(undefined)
          onActivated(outcome)
        }}
      />
    </div>
  )
}
