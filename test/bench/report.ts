/** What the benchmark found, as tables that people read on a terminal and in docs/performance.md. */
import { armNames, type Cell, type TunnelResults } from './tunnels.ts'
import { bars, judge, type Bar, type Figure, type Figures } from './bars.ts'
import type { ApprovalTimes } from './approvals.ts'
import type { GrowthResults } from './growth.ts'
import type { PageTimes } from './pages.ts'
import { parts } from './process-cpu.ts'
import { median, quantile } from './statistics.ts'
import { shortNumber } from './svg.ts'

export interface BenchReport {
  machine: { cores: number; model: string; memoryGiB: number; node: string; platform: string }
  date: string
  commit: string
  tookSeconds: number
  tunnels?: TunnelResults
  approvals?: ApprovalTimes
  growth?: GrowthResults
  pages?: PageTimes[]
  figures: Figures
}

export function machineLines({ machine, date, commit, tunnels }: BenchReport): string[] {
  const about = `${machine.model}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Node ${machine.node}, ${machine.platform}; ${date.slice(0, 16).replace('T', ' ')} UTC, commit \`${commit}\`.`
  if (!tunnels) return [about]
  const { rounds, seconds, fdatasyncMs, loadAverages } = tunnels
  return [
    about,
    `${rounds} rounds of ${seconds} s, medians; \`fdatasync\` of 1 KiB: ${median(fdatasyncMs).toFixed(3)} ms; load average ${Math.min(...loadAverages)} to ${Math.max(...loadAverages)}.`,
    ...(tunnels.leftOut === undefined ? [] : [`The peers are left out: ${tunnels.leftOut}.`]),
  ]
}

export function barTable(figures: Figures): string[] {
  return table(
    ['bar', 'what', 'wanted', 'measured', 'met'],
    bars.map((bar) => {
      const verdict = judge(bar, figures)
      return [
        bar.id,
        bar.what,
        wanted(bar),
        measured(bar, figures[bar.figure]),
        verdict === 'not met' ? '**no**' : verdict === 'met' ? 'yes' : 'not measured',
      ]
    }),
  )
}

const withUnit = (value: number, { unit }: Bar): string => (unit === '×' ? value.toFixed(2) : `${shortNumber(value)}${unit && ` ${unit}`}`)

const wanted = (bar: Bar): string => (bar.most === undefined ? `≥ ${withUnit(bar.least ?? 0, bar)}` : `≤ ${withUnit(bar.most, bar)}`)

function measured(bar: Bar, figure: Figure | undefined): string {
  if (figure === undefined || !Number.isFinite(figure.value)) return '–'
  const each = (figure.each ?? []).filter((value) => Number.isFinite(value))
  const spread =
    each.length > 1
      ? ` (${withUnit(Math.min(...each), { ...bar, unit: bar.unit === '×' ? '×' : '' })}–${withUnit(Math.max(...each), { ...bar, unit: bar.unit === '×' ? '×' : '' })})`
      : ''
  return withUnit(figure.value, bar) + spread
}

export function armTable({ cells, clientCounts }: TunnelResults): string[] {
  const columns = clientCounts.flatMap((clients) => [`p50 ms at ${clients}`, 'p99 ms', 'calls/s'])
  return table(
    ['arm', ...columns, 'MB', 'errors'],
    measuredArms(cells).map((arm) => {
      const mine = cells.filter((cell) => cell.arm === arm)
      const numbers = clientCounts.flatMap((clients) => {
        const of = (pick: (cell: Cell) => number): number => median(mine.filter((cell) => cell.clients === clients).map(pick))
        return [of((cell) => cell.p50).toFixed(2), of((cell) => cell.p99).toFixed(2), of((cell) => cell.callsPerSecond).toFixed(0)]
      })
      const memory = median(mine.map((cell) => cell.residentBytes)) / 1e6
      return [arm, ...numbers, memory.toFixed(0), String(mine.reduce((sum, cell) => sum + cell.errors, 0))]
    }),
  )
}

export function cpuTable({ cells, clientCounts }: TunnelResults): string[] {
  const rows = clientCounts.flatMap((clients) =>
    measuredArms(cells).flatMap((arm) => {
      const mine = cells.flatMap((cell) => (cell.arm === arm && cell.clients === clients && cell.cpu ? [cell.cpu] : []))
      if (mine.length === 0) return []
      const each = parts.map((part) => median(mine.map((cpu) => cpu[part])))
      return [[arm, String(clients), ...[...each, each.reduce((sum, one) => sum + one, 0)].map((one) => one.toFixed(0))]]
    }),
  )
  return table(['CPU µs per call', 'clients', ...parts, 'all'], rows)
}

export function approvalTable({ shown, forwarded }: ApprovalTimes): string[] {
  const row = (what: string, times: readonly number[]) => [
    what,
    ...[0.5, 0.95, 0.99].map((share) => quantile(times, share).toFixed(1)),
    String(times.length),
  ]
  return table(
    ['ms', 'p50', 'p95', 'p99', 'samples'],
    [row('request sent → notification shown', shown), row('vote sent → the server has the call', forwarded)],
  )
}

export function growthTable({
  idleBytes,
  sessions,
  openedPerSecond,
  callsFew,
  callsMany,
  recordedFew,
  recordedMany,
}: GrowthResults): string[] {
  const last = sessions.at(-1)
  return table(
    ['growth', 'measured'],
    [
      ['gateway without a session', `${shortNumber(idleBytes / 1e6)} MB`],
      [`gateway with ${shortNumber(last?.count ?? 0)} idle sessions`, `${shortNumber((last?.bytes ?? Number.NaN) / 1e6)} MB`],
      ['sessions opened and greeted, 16 at once', `${shortNumber(openedPerSecond)} per second`],
      [`calls/s at 32 clients, ${shortNumber(recordedFew)} sessions recorded`, shortNumber(median(callsFew))],
      [`calls/s at 32 clients, ${shortNumber(recordedMany)} sessions recorded`, shortNumber(median(callsMany))],
    ],
  )
}

export function pageTable(pages: readonly PageTimes[]): string[] {
  return table(
    ['sessions', 'newest 200, ms', 'own newest 200, ms', 'recordings, first 100, ms', 'recordings, 100 in the middle, ms'],
    pages.map(({ sessions, newest, ownNewest, firstPage, deepPage }) => [
      shortNumber(sessions),
      ...[newest, ownNewest, firstPage, deepPage].map((one) => one.toFixed(2)),
    ]),
  )
}

const measuredArms = (cells: readonly Cell[]): string[] => armNames.filter((name) => cells.some((cell) => cell.arm === name))

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)]
}
