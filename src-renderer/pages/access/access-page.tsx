import { Button, Tabs } from '@mantine/core'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import type { AccessGrant, AccessRule } from '../../../src-protocol/access.ts'
import { useDesktopQuery } from '../../api/use-desktop-query.ts'
import { useHasRole } from '../../api/use-desktop-state.ts'
import { ErrorState } from '../../components/error-state.tsx'
import { LoadingPage } from '../../components/loading-page.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { AccessHistory } from './access-history.tsx'
import { isAccessTab } from './access-tabs.ts'
import { EndAccess } from './end-access.tsx'
import { GrantsTable } from './grants-table.tsx'
import { NoRules } from './no-rules.tsx'
import { RemoveRule } from './remove-rule.tsx'
import { RuleEditor } from './rule-editor.tsx'
import { RulesTable } from './rules-table.tsx'
import { WaitingTable } from './waiting-table.tsx'
import styles from './access.module.css'

/** Who has access now, who asked for it, by which rules, and what became of it. */
export function AccessPage() {
  const overview = useDesktopQuery('access:overview')
  const rules = useDesktopQuery('access:rules')
  const failed = overview.isError ? overview : rules.isError ? rules : undefined
  if (failed) {
    return (
      <div className="page">
        <PageHeader title="Access" />
        <ErrorState error={failed.error} onRetry={() => void Promise.all([overview.refetch(), rules.refetch()])} />
      </div>
    )
  }
  if (!overview.isSuccess || !rules.isSuccess) {
    return (
      <div className="page">
        <PageHeader title="Access" />
        <LoadingPage label="Loading access" />
      </div>
    )
  }
  return <Access rules={rules.data} {...overview.data} />
}

type AccessProps = { rules: readonly AccessRule[] } & Pick<Parameters<typeof AccessHistory>[0], 'requests' | 'grants'>

function Access({ rules, requests, grants }: AccessProps) {
  const { tab = rules.length === 0 ? 'rules' : 'now' } = useSearch({ from: '/access' })
  const navigate = useNavigate()
  const administrator = useHasRole('administrator')
  const [editing, setEditing] = useState<AccessRule | 'new'>()
  const [removing, setRemoving] = useState<AccessRule>()
  const [ending, setEnding] = useState<AccessGrant>()
  const current = grants.filter(({ endedAt }) => endedAt === undefined)
  const waiting = requests.filter(({ state }) => state === 'pending')
  return (
    <div className="page">
      <PageHeader
        title="Access"
        meta={rules.length > 0 ? `${rules.length} ${rules.length === 1 ? 'rule' : 'rules'}` : undefined}
        actions={
          administrator && rules.length > 0 ? (
            <Button leftSection={<Plus aria-hidden />} onClick={() => setEditing('new')}>
              New rule
            </Button>
          ) : undefined
        }
      />
      {rules.length === 0 && requests.length === 0 ? (
        <NoRules onCreate={administrator ? () => setEditing('new') : undefined} />
      ) : (
        <div className="page-body">
          <Tabs
            value={tab}
            onChange={(next) => void navigate({ to: '/access', search: isAccessTab(next) ? { tab: next } : {}, replace: true })}
            className={styles.tabs}
            keepMounted={false}
          >
            <Tabs.List aria-label="Access">
              <Tabs.Tab value="now">
                Now <span className="t3 num">{current.length}</span>
              </Tabs.Tab>
              <Tabs.Tab value="waiting">
                Waiting <span className="t3 num">{waiting.length}</span>
              </Tabs.Tab>
              <Tabs.Tab value="rules">Rules</Tabs.Tab>
              <Tabs.Tab value="history">History</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="now">
              <GrantsTable grants={current} onEnd={administrator ? setEnding : undefined} />
            </Tabs.Panel>
            <Tabs.Panel value="waiting">
              <WaitingTable requests={waiting} />
            </Tabs.Panel>
            <Tabs.Panel value="rules">
              <RulesTable rules={rules} {...(administrator && { onEdit: setEditing, onRemove: setRemoving })} />
            </Tabs.Panel>
            <Tabs.Panel value="history">
              <AccessHistory requests={requests} grants={grants} />
            </Tabs.Panel>
          </Tabs>
        </div>
      )}
      {editing !== undefined && (
        <RuleEditor rule={editing === 'new' ? undefined : editing} rules={rules} onClose={() => setEditing(undefined)} />
      )}
      {removing !== undefined && (
        <RemoveRule rule={removing} only={countOn(rules, removing) === 1} onClose={() => setRemoving(undefined)} />
      )}
      {ending !== undefined && <EndAccess grant={ending} onClose={() => setEnding(undefined)} />}
    </div>
  )
}

const countOn = (rules: readonly AccessRule[], { terms }: AccessRule): number =>
  rules.filter((rule) => rule.terms.connection === terms.connection).length
