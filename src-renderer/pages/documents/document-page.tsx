import { Button } from '@mantine/core'
import { FilePlus2, History, PencilLine, ScrollText } from 'lucide-react'
import { useState } from 'react'
import type { PolicyVersion } from '../../../src-protocol/model.ts'
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
import { changedLines, describeChanges } from './changed-lines.ts'
import { kindWords, type DocumentKind } from './document-kind.ts'
import { DraftEditor } from './draft-editor.tsx'
import { useDraft } from './use-draft.ts'
import { VersionList } from './version-list.tsx'
import styles from './documents.module.css'

/** A versioned YAML document: read, compared, drafted, activated. */
export function DocumentPage({ kind }: { kind: DocumentKind }) {
  const policies = useDesktopQuery('policies:list')
  const { title, noun } = kindWords[kind]
  if (policies.isSuccess) return <Versions kind={kind} versions={policies.data.filter((version) => version.kind === kind)} />
  return (
    <div className="page">
      <PageHeader title={title} />
      {policies.isPending ? (
        <LoadingRows rows={12} label={`Loading the ${noun}`} />
      ) : (
        <ErrorState error={policies.error} onRetry={() => void policies.refetch()} />
      )}
    </div>
  )
}

function Versions({ kind, versions }: { kind: DocumentKind; versions: readonly PolicyVersion[] }) {
  const { title, template } = kindWords[kind]
  const administrator = useHasRole('administrator')
  const { draft, setDraft } = useDraft(kind)
  const [chosen, setChosen] = useState<string>()
  const active = versions.find((version) => version.active)
  const shown = versions.find((version) => version.version === chosen) ?? active

  if (draft !== undefined) return <DraftEditor kind={kind} draft={draft} active={active} onChange={setDraft} />
  if (shown === undefined) {
    return (
      <div className="page">
        <PageHeader title={title} />
        <NoVersions kind={kind} onDraft={administrator ? () => setDraft({ text: template, base: undefined }) : undefined} />
      </div>
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
  return (
    <div className="page">
      <PageHeader title={title} badge={<StateBadge active={shown.active} />} meta={<Origin version={shown} />} actions={edit} />
      <div className={styles.columns}>
        <ReadPane kind={kind} shown={shown} active={active} />
        <VersionList versions={versions} shown={shown.version} onShow={setChosen} />
      </div>
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
      <Hash value={version.version} label="version" /> by {version.author}, {formatDateTime(version.at)}
    </span>
  )
}

function ReadPane({ kind, shown, active }: { kind: DocumentKind; shown: PolicyVersion; active: PolicyVersion | undefined }) {
  const { file } = kindWords[kind]
  const changes = active === undefined || shown.active ? undefined : changedLines(active.text, shown.text)
  const marked = new Map([...(changes?.changed ?? [])].map((line) => [line, 'changed'] as const))
  return (
    <section className={styles.pane} aria-label={file}>
      <header className={styles.paneHead}>
        <h2>{file}</h2>
        <span className="t3 small">
          {changes === undefined ? lineCount(shown.text) : `${describeChanges(changes)} against the one in force`}
        </span>
      </header>
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
