import type { AppError } from '../../src-protocol/app-error.ts'

/** The window could not get its state from the main process: nothing else can be shown. */
export function StartFailed({ error }: { error: AppError }) {
  return (
    <main role="alert" className="page-body">
      <h1>Gatehouse could not start</h1>
      <p>{error.message}</p>
      <p className="t2">{error.remedy}</p>
    </main>
  )
}
