import { useNavigate, useSearch } from '@tanstack/react-router'
import type { Period } from '../../../src-protocol/overview.ts'
import { useDesktopQueryWith } from '../../api/use-desktop-query.ts'
import { ErrorState } from '../../components/error-state.tsx'
import { LoadingPage } from '../../components/loading-page.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { PeriodChooser } from '../../components/period-chooser.tsx'
import { chosenPeriod } from '../../components/period.ts'
import { useToday } from '../../components/use-today.ts'
import { OverviewPanels } from './overview-panels.tsx'

/** What happened in a period, for auditors and whoever answers for it. */
export function OverviewPage() {
  const search = useSearch({ from: '/overview' })
  const navigate = useNavigate()
  const period = chosenPeriod(search, useToday())
  const found = useDesktopQueryWith({ channel: 'overview:get', input: [period], keepPrevious: true, again: () => 30_000 })
  const onPeriod = ({ from, to }: Period) => void navigate({ to: '/overview', search: { from, to } })
  return (
    <div className="page">
      <PageHeader title="Overview" actions={<PeriodChooser period={period} onPeriod={onPeriod} />} />
      {found.isPending && <LoadingPage rows={12} label="Counting" />}
      {found.isError && <ErrorState error={found.error} onRetry={() => void found.refetch()} />}
      {found.isSuccess && <OverviewPanels found={found.data} onPeriod={onPeriod} />}
    </div>
  )
}
