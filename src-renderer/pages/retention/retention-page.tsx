import { Button } from '@mantine/core'
import { Lock } from 'lucide-react'
import { useState } from 'react'
import type { Hold, RetentionOverview } from '../../../src-protocol/retention.ts'
import { useDesktopQuery } from '../../api/use-desktop-query.ts'
import { useHasRole } from '../../api/use-desktop-state.ts'
import { ErrorState } from '../../components/error-state.tsx'
import { Facts } from '../../components/facts.tsx'
import { LoadingPage } from '../../components/loading-page.tsx'
import { Note } from '../../components/note.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { Panel } from '../../components/panel.tsx'
import { Timestamp } from '../../components/timestamp.tsx'
import { CopyPanel } from './copy-panel.tsx'
import { DecideHold, type HoldDecision } from './decide-hold.tsx'
import { HoldsTable } from './holds-table.tsx'
import { daysText, ruleLines } from './hold-words.ts'
import { NextRemovals } from './next-removals.tsx'
import { PlaceHold } from './place-hold.tsx'
import styles from './retention.module.css'

/** When recordings are removed, what is removed next, and what is held. */
export function RetentionPage() {
  const retention = useDesktopQuery('retention:get')
  const listed = useDesktopQuery('people:list')
  const people = listed.data
  // names first: an id in their place would be read before they come
  const loading = retention.isPending || (retention.isSuccess && listed.isPending)
  const administrator = useHasRole('administrator')
  const [placing, setPlacing] = useState(false)
  const [deciding, setDeciding] = useState<{ hold: Hold; decision: HoldDecision }>()
  const names = new Map(people?.map(({ person: { sub, name } }) => [sub, name]))
  const nameOf = (sub: string): string => names.get(sub) ?? sub
  const close = () => {
    setPlacing(false)
    setDeciding(undefined)
    void retention.refetch()
  }
  return (
    <div className="page">
      <PageHeader
        title="Retention"
        actions={
          administrator && retention.isSuccess ? (
            <Button leftSection={<Lock className="small" aria-hidden />} onClick={() => setPlacing(true)}>
              Place a hold
            </Button>
          ) : undefined
        }
      />
      {loading && <LoadingPage rows={10} label="Loading what is removed and what is held" />}
      {retention.isError && <ErrorState error={retention.error} onRetry={() => void retention.refetch()} />}
      {retention.isSuccess && !loading && (
        <div className={`page-body ${styles.body}`}>
          <div className={`pair ${styles.panels}`}>
            <RulePanel retention={retention.data} />
            <CopyPanel />
          </div>
          <HoldsTable
            holds={retention.data.holds}
            nameOf={nameOf}
            onDecide={administrator ? (hold, decision) => setDeciding({ hold, decision }) : undefined}
          />
          <NextRemovals retention={retention.data} nameOf={nameOf} />
        </div>
      )}
      {placing && retention.isSuccess && (
        <PlaceHold approvals={retention.data.releaseApprovals} people={people?.map(({ person }) => person) ?? []} onClose={close} />
      )}
      {deciding && <DecideHold {...deciding} nameOf={nameOf} onClose={close} />}
    </div>
  )
}

function RulePanel({ retention: { rule, removed } }: { retention: RetentionOverview }) {
  return (
    <Panel title="Rule" meta={rule && `log entry ${rule.index.toLocaleString('en')}`}>
      {!rule && (
        <p className="t2">
          Recordings are kept for good. A rule is set in the gateway’s configuration, under <span className="mono">archive.retention</span>.
        </p>
      )}
      {rule && (
        <div className="stack">
          {rule.countsFrom === 'after-notice' && (
            <Note tone="held" title="The rule is new.">
              It removes nothing until the gateway has run with it for {daysText(rule.terms.noticeDays)}: time to see what it would remove,
              and to hold it.
            </Note>
          )}
          <Facts
            items={[
              ...ruleLines(rule.terms),
              { label: 'Never younger than', value: daysText(rule.terms.minimumDays) },
              { label: 'At most in a day', value: `${rule.terms.mostPercentADay} % of what is stored` },
              {
                label: 'Removed so far',
                value: (
                  <>
                    {removed.total.toLocaleString('en')}
                    {removed.lastAt !== undefined && (
                      <>
                        , last <Timestamp at={removed.lastAt} form="date-time" />
                      </>
                    )}
                  </>
                ),
              },
            ]}
          />
        </div>
      )}
    </Panel>
  )
}
