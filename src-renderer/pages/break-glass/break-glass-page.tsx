import { Button } from '@mantine/core'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Plus, Siren } from 'lucide-react'
import { useState } from 'react'
import type { BreakGlassOpening, BreakGlassOverview, BreakGlassRule, BreakGlassRules } from '../../../src-protocol/break-glass.ts'
import { useDesktopQuery, useDesktopQueryWith } from '../../api/use-desktop-query.ts'
import { useHasRole } from '../../api/use-desktop-state.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { ErrorState } from '../../components/error-state.tsx'
import { LoadingPage } from '../../components/loading-page.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { Panel } from '../../components/panel.tsx'
import { awaitsReview, isOpen } from './break-glass-words.ts'
import { BreakGlassRuleEditor } from './break-glass-rule-editor.tsx'
import { BreakGlassRulesTable } from './break-glass-rules-table.tsx'
import { OpeningDetails } from './opening-details.tsx'
import { OpeningsTable } from './openings-table.tsx'
import { RuleProposals } from './rule-proposals.tsx'
import { StopGlass } from './stop-glass.tsx'
import styles from './break-glass.module.css'

/** What is open at this moment, what nobody has reviewed, who may, and what was before. */
export function BreakGlassPage() {
  const overview = useDesktopQuery('break-glass:overview')
  const mayRead = useHasRole('administrator', 'auditor', 'reviewer')
  const rules = useDesktopQueryWith({ channel: 'break-glass:rules', input: [], enabled: mayRead })
  const failed = overview.isError ? overview : rules.isError ? rules : undefined
  if (overview.isSuccess && (rules.isSuccess || !mayRead)) return <BreakGlass overview={overview.data} rules={rules.data ?? noRules} />
  return (
    <div className="page">
      <PageHeader title="Break glass" />
      {failed ? (
        <ErrorState error={failed.error} onRetry={() => void Promise.all([overview.refetch(), rules.refetch()])} />
      ) : (
        <LoadingPage label="Loading break-glass" />
      )}
    </div>
  )
}

const noRules: BreakGlassRules = { rules: [], proposals: [], approvals: 1 }

function BreakGlass({
  overview: { openings },
  rules: { rules, proposals, approvals },
}: {
  overview: BreakGlassOverview
  rules: BreakGlassRules
}) {
  const { opening: chosen } = useSearch({ from: '/break-glass' })
  const navigate = useNavigate()
  const administrator = useHasRole('administrator')
  const mayStop = useHasRole('administrator', 'reviewer', 'operator')
  const [editing, setEditing] = useState<BreakGlassRule | 'new'>()
  const [stopping, setStopping] = useState<BreakGlassOpening>()
  const show = (opening?: BreakGlassOpening): void =>
    void navigate({ to: '/break-glass', search: opening ? { opening: opening.id } : {}, replace: true })
  const nothing = openings.length + rules.length + proposals.length === 0
  const shown = openings.find(({ id }) => id === chosen)
  const sections = [
    { title: 'Open now', openings: openings.filter(isOpen) },
    { title: 'Not reviewed', openings: openings.filter(awaitsReview).toReversed() },
    { title: 'Reviewed', openings: openings.filter(({ review }) => review) },
  ].filter((section) => section.openings.length > 0)
  return (
    <div className="page">
      <PageHeader
        title="Break glass"
        actions={
          administrator && !nothing ? (
            <Button leftSection={<Plus aria-hidden />} onClick={() => setEditing('new')}>
              New rule
            </Button>
          ) : undefined
        }
      />
      {nothing ? (
        <EmptyState
          title="Nobody may break the glass"
          sentence="A rule names who may, in an emergency, run calls of certain tools without waiting for an approval: for minutes, seen by everybody, and reviewed afterwards."
          {...(administrator && {
            steps: [
              {
                icon: Siren,
                title: 'Write the first rule',
                sentence: 'For one connection: who may, for which tools, how long, and who reviews it.',
                action: (
                  <Button variant="filled" onClick={() => setEditing('new')}>
                    New rule
                  </Button>
                ),
              },
            ],
          })}
        />
      ) : (
        <div className="page-body">
          <div className={styles.sections}>
            <RuleProposals proposals={proposals} rules={rules} />
            {sections.map((section) => (
              <Panel key={section.title} title={section.title} meta={section.openings.length} flush>
                <OpeningsTable openings={section.openings} onOpen={show} onStop={mayStop ? setStopping : undefined} />
              </Panel>
            ))}
            {rules.length > 0 && (
              <Panel title="Who may" meta={rules.length} flush>
                <BreakGlassRulesTable rules={rules} onEdit={administrator ? setEditing : undefined} />
              </Panel>
            )}
          </div>
        </div>
      )}
      {editing !== undefined && (
        <BreakGlassRuleEditor
          rule={editing === 'new' ? undefined : editing}
          proposes={approvals > 1}
          onClose={() => setEditing(undefined)}
        />
      )}
      {stopping !== undefined && <StopGlass opening={stopping} onClose={() => setStopping(undefined)} />}
      {shown !== undefined && <OpeningDetails key={shown.id} opening={shown} onClose={() => show()} />}
    </div>
  )
}
