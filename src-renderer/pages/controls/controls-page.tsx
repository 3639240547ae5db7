import { useNavigate, useSearch } from '@tanstack/react-router'
import { FlaskConical } from 'lucide-react'
import { useState } from 'react'
import { controlId, type ControlId, type ControlTestResult } from '../../../src-protocol/controls.ts'
import type { Period } from '../../../src-protocol/overview.ts'
import { desktop } from '../../api/desktop.ts'
import { asAppError } from '../../api/query-client.ts'
import { useDesktopQueryWith } from '../../api/use-desktop-query.ts'
import { ErrorNote, ErrorState } from '../../components/error-state.tsx'
import { LoadingPage } from '../../components/loading-page.tsx'
import { PageHeader } from '../../components/page-header.tsx'
import { PeriodChooser } from '../../components/period-chooser.tsx'
import { chosenPeriod } from '../../components/period.ts'
import { useToday } from '../../components/use-today.ts'
import { ReasonButton } from '../../components/reason-button.tsx'
import { ControlCard } from './control-card.tsx'
import styles from './controls.module.css'

/** SOC 2, criterion by criterion: what is held, a test that runs now, and what is missing. It never says that a criterion is met. */
export function ControlsPage() {
  const search = useSearch({ from: '/controls' })
  const navigate = useNavigate()
  const period = chosenPeriod(search, useToday())
  const report = useDesktopQueryWith({ channel: 'controls:get', input: [period], keepPrevious: true })
  const tests = useControlTests()
  const onPeriod = ({ from, to }: Period) => void navigate({ to: '/controls', search: { from, to } })
  return (
    <div className="page">
      <PageHeader
        title="SOC 2"
        actions={
          <>
            <PeriodChooser period={period} onPeriod={onPeriod} />
            <ReasonButton
              variant="filled"
              leftSection={<FlaskConical className="small" aria-hidden />}
              reason={report.isSuccess ? (tests.running.size > 0 ? 'A test runs.' : undefined) : 'The evidence is not here yet.'}
              onClick={() => void tests.run(controlId.options)}
            >
              Run all tests
            </ReasonButton>
          </>
        }
      />
      {report.isPending && <LoadingPage rows={12} label="Gathering the evidence" />}
      {report.isError && <ErrorState error={report.error} onRetry={() => void report.refetch()} />}
      {report.isSuccess && (
        <div className={`page-body ${styles.body}`}>
          {tests.error !== undefined && <ErrorNote error={tests.error} />}
          <p className="unseen" role="status">
            {tests.running.size > 0 ? `${tests.running.size} tests run.` : ''}
          </p>
          {report.data.controls.map((evidence) => (
            <ControlCard
              key={evidence.control}
              evidence={evidence}
              period={period}
              result={tests.results.get(evidence.control)}
              running={tests.running.has(evidence.control)}
              onTest={() => void tests.run([evidence.control])}
            />
          ))}
        </div>
      )}
    </div>
  )
}

/** One test after the other: each reads the log or recordings beside the traffic. */
function useControlTests() {
  const [results, setResults] = useState<ReadonlyMap<ControlId, ControlTestResult>>(new Map())
  const [running, setRunning] = useState<ReadonlySet<ControlId>>(new Set())
  const [error, setError] = useState<unknown>()
  async function run(controls: readonly ControlId[]): Promise<void> {
    setRunning(new Set(controls))
    setError(undefined)
    try {
      for (const control of controls) {
        const result = await desktop.invoke('controls:test', control)
        setResults((before) => new Map(before).set(control, result))
        setRunning((before) => new Set([...before].filter((other) => other !== control)))
      }
    } catch (failure) {
      setError(asAppError(failure))
    } finally {
      setRunning(new Set())
    }
  }
  return { results, running, error, run }
}
