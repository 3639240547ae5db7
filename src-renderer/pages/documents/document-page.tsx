import { Button } from '@mantine/core'
import { FilePlus2, FlaskConical, History, PencilLine, ScrollText } from 'lucide-react'
import { useState } from 'react'
import type { PolicyVersion } from '../../../src-protocol/policy-version.ts'
import type { PolicyProposals } from '../../../src-protocol/policy-proposal.ts'
import { useDesktopQuery } from '../../api/use-desktop-query.ts'
import { useHasRole } from '../../api/use-desktop-state.ts'
import { CodePane } from '../../components/code-pane.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { ErrorState } from '../../components/error-state.tsx'
import { Hash } from '../../components/hash.tsx'
import { LoadingRows } from '../../components/loading-rows.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { ReasonButton } from '../../components/reason-button.tsx'
import { formatDateTime } from '../../components/time.ts'
import { ToneMark } from '../../components/verdict.tsx'
import { VisibleText } from '../../components/visible-text.tsx'
import { changedLines, describeChanges } from '../../../src-core/policy/changed-lines.ts'
import { kindWords, type DocumentKind } from './document-kind.ts'
import { DraftEditor } from './draft-editor.tsx'
import { ProposalList } from './proposal-list.tsx'
import { ProposalView } from './proposal-view.tsx'
import { TrialPanel } from './trial/trial-panel.tsx'
import { useDraft } from './use-draft.ts'
import { VersionList } from './version-list.tsx'
import styles from './documents.module.css'
import own from './proposals.module.css'

/** A versioned YAML document: read, compared, drafted, activated. */
export function DocumentPage({ kind }: { kind: DocumentKind }) {
  const policies = useDesktopQuery('policies:list')
  const proposals = useDesktopQuery('policies:proposals')
  const { title, noun } = kindWords[kind]
  if (policies.isSuccess && !proposals.isPending) {
    const versions = policies.data.filter((version) => version.kind === kind)
    return <Versions kind={kind} versions={versions} waiting={proposals.data} />
  }
  return (
    <div className="page">
      <PageHeader title={title} />
      {!policies.isError ? (
        <LoadingRows rows={12} label={`Loading the ${noun}`} />
      ) : (
        <ErrorState error={policies.error} onRetry={() => void policies.refetch()} />
      )}
    </div>
  )
}

interface VersionsProps {
  kind: DocumentKind
  versions: readonly PolicyVersion[]
  /** undefined: it is not known what waits, and how many administrators it takes */
  waiting: PolicyProposals | undefined
}

function Versions({ kind, versions, waiting }: VersionsProps) {
  const { title, template } = kindWords[kind]
  const administrator = useHasRole('administrator')
  const { draft, setDraft } = useDraft(kind)
  const [chosen, setChosen] = useState<string>()
  const [trying, setTrying] = useState(false)
  const active = versions.find((version) => version.active)
  const shown = versions.find((version) => version.version === chosen) ?? active

  const proposals = (waiting?.proposals ?? []).filter((proposal) => proposal.kind === kind)
  const proposal = proposals.find(({ id }) => id === chosen)

  if (draft !== undefined) {
    return (
      <DraftEditor
        kind={kind}
        draft={draft}
        active={active}
        approvals={waiting?.approvals}
        onActivated={(outcome) => setChosen(outcome.outcome === 'proposed' ? outcome.id : undefined)}
        onChange={setDraft}
      />
    )
  }
  if (shown === undefined) {
    return (
      <div className="page">
        <PageHeader title={title} />
        <NoVersions kind={kind} onDraft={administrator ? () => setDraft({ text: template, base: undefined }) : undefined} />
      </div>
    )
  }
  const side = (
    <>
      <ProposalList proposals={proposals} shown={proposal?.id} onShow={setChosen} />
      <VersionList versions={versions} shown={proposal ? undefined : shown.version} onShow={setChosen} />
    </>
  )
  if (proposal !== undefined) {
    return (
      <ProposalView
        key={proposal.id}
        proposal={proposal}
        active={active}
        base={versions.find(({ version }) => version === proposal.base)}
        side={side}
      />
    )
  }
  const edit = (
    <ReasonButton
      reason={administrator ? undefined : 'Changing it needs the role administrator.'}
      leftSection={<PencilLine aria-hidden />}
      onClick={() => setDraft({ text: shown.text, base: shown.version })}
    >
      {shown.active ? 'Edit a draft' : 'Draft from this version'}
    </ReasonButton>
  )
  const trial = kind === 'masking' && (
    <Button
      leftSection={trying ? <History aria-hidden /> : <FlaskConical aria-hidden />}
      aria-pressed={trying}
      onClick={() => setTrying(!trying)}
    >
      {trying ? 'Show versions' : 'Try it'}
    </Button>
  )
  const actions = (
    <>
      {trial}
      {edit}
    </>
  )
  return (
    <div className="page">
      <PageHeader title={title} badge={<StateBadge active={shown.active} />} meta={<Origin version={shown} />} actions={actions} />
      {kind === 'masking' && trying ? (
        <div className={styles.draft}>
          <ReadPane kind={kind} shown={shown} active={active} />
          <TrialPanel draft={undefined} active={shown.text} />
        </div>
      ) : (
        <div className={styles.columns}>
          <ReadPane kind={kind} shown={shown} active={active} />
          <div className={own.side}>{side}</div>
        </div>
      )}
    </div>
  )
}

function StateBadge({ active }: { active: boolean }) {
  return active ? (
    <ToneMark form="badge" icon={ScrollText} tone={undefined} word="In force" />
  ) : (
    <ToneMark form="badge" icon={History} tone={undefined} word="Earlier version" />
  )
}

function Origin({ version }: { version: PolicyVersion }) {
  return (
    <span className="t3">
      <Hash value={version.version} label="version" /> by {version.author}
      {version.approvedBy !== undefined && ` and ${version.approvedBy}`}, {formatDateTime(version.at)}
    </span>
  )
}

function ReadPane({ kind, shown, active }: { kind: DocumentKind; shown: PolicyVersion; active: PolicyVersion | undefined }) {
  const { file } = kindWords[kind]
  const changes = active === undefined || shown.active ? undefined : changedLines(active.text, shown.text)
  const marked = new Map([...(changes?.changed ?? [])].map((line) => [line, 'changed'] as const))
  return (
    <section className={kind === 'masking' ? styles.narrowPane : styles.pane} aria-label={file}>
      <header className={styles.paneHead}>
        <h2>{file}</h2>
        <span className="t3 small">
          {changes === undefined ? lineCount(shown.text) : `${describeChanges(changes)} against the one in force`}
        </span>
      </header>
      {shown.message !== undefined && (
        <div className={own.said}>
          <p>
            <VisibleText text={shown.message} />
          </p>
        </div>
      )}
      <div className={styles.text}>
        <CodePane text={shown.text.trimEnd()} language="yaml" lineNumbers maxHeight={100_000} marked={marked} label={file} />
      </div>
    </section>
  )
}

function lineCount(text: string): string {
  const lines = text.trimEnd().split('\n').length
  return lines === 1 ? '1 line' : `${lines} lines`
}

function NoVersions({ kind, onDraft }: { kind: DocumentKind; onDraft: (() => void) | undefined }) {
  const { purpose, noun } = kindWords[kind]
  return (
    <EmptyState
      title={`No ${noun} yet`}
      sentence={purpose}
      steps={
        onDraft === undefined
          ? []
          : [
              {
                icon: FilePlus2,
                title: 'Write the first version',
                sentence: 'Start from a short example. Nothing is in force before you activate it.',
                action: (
                  <Button variant="filled" onClick={onDraft}>
                    Start a draft
                  </Button>
                ),
              },
            ]
      }
    />
  )
}
