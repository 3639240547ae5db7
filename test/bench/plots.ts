/** The pictures of docs/performance.md. */
import { fullPath } from './arms.ts'
import type { GrowthResults } from './growth.ts'
import type { PageTimes } from './pages.ts'
import { median } from './statistics.ts'
import { dot, drawing, label, linearScale, logScale, polyline, segment, shortNumber, type Scale } from './svg.ts'
import { armNames, type Cell, type TunnelResults } from './tunnels.ts'

interface Row {
  name: string
  ours: boolean
  cells: readonly Cell[]
}

const panelWidth = 270
const namesWidth = 270
const rowHeight = 30
const top = 92

const width = namesWidth + 2 * panelWidth + 70

export function throughputPlot(results: TunnelResults): string {
  return armPlot(results, 'Calls per second: more is better', (cells) => median(cells.map((cell) => cell.callsPerSecond)))
}

export function latencyPlot(results: TunnelResults): string {
  return armPlot(
    results,
    'Latency in ms, p50 (dot) to p99 (bar): less is better',
    (cells) => median(cells.map((cell) => cell.p50)),
    (cells) => median(cells.map((cell) => cell.p99)),
  )
}

/** A row for each arm, a panel for each number of clients, a value as a dot; `until` draws a bar from it to another. */
function armPlot(
  { cells, clientCounts }: TunnelResults,
  title: string,
  of: (cells: readonly Cell[]) => number,
  until?: (cells: readonly Cell[]) => number,
): string {
  const measured = armNames.filter((name) => cells.some((cell) => cell.arm === name))
  const rows = measured.map((name): Row => ({ name, ours: name === fullPath.name, cells: cells.filter((cell) => cell.arm === name) }))
  const height = top + rows.length * rowHeight + 50
  const panels = clientCounts.slice(0, 2).flatMap((clients, panel) => {
    const left = namesWidth + 24 + panel * (panelWidth + 24)
    const at = (row: Row) => row.cells.filter((cell) => cell.clients === clients)
    const values = rows.flatMap((row) => [of(at(row)), ...(until ? [until(at(row))] : [])])
    const scale = logScale(values, left, left + panelWidth - (until ? 96 : 52))
    const bottom = top + rows.length * rowHeight - 8
    return [
      label(left, 62, `${clients} ${clients === 1 ? 'client' : 'clients'}`, 'ink strong'),
      ...gridOf(scale, bottom),
      ...rows.flatMap((row, index) => {
        const y = top + index * rowHeight + 4
        const kind = row.ours ? 'ours' : 'theirs'
        const value = of(at(row))
        const end = until?.(at(row))
        const right = scale.at(end ?? value)
        const text = end === undefined ? shortNumber(value) : `${shortNumber(value)} – ${shortNumber(end)}`
        return [
          ...(end === undefined ? [] : [segment(scale.at(value), y, right, y, kind, 3)]),
          dot(scale.at(value), y, 5.5, kind),
          label(right + 10, y + 4.5, text, row.ours ? 'ink small strong halo' : 'ink small halo'),
        ]
      }),
    ]
  })
  const names = rows.map((row, index) => label(24, top + index * rowHeight + 8.5, row.name, row.ours ? 'ink strong' : 'ink'))
  return drawing(width, height, title, [...names, ...panels])
}

const gridOf = (scale: Scale, bottom: number): string[] =>
  scale.ticks.flatMap((tick) => [
    segment(scale.at(tick), top - 14, scale.at(tick), bottom, 'grid'),
    label(scale.at(tick), bottom + 18, shortNumber(tick), 'quiet small', 'middle'),
  ])

const frame = { left: 80, right: 660, top: 64, bottom: 300, width: 720, height: 356 }

export function memoryPlot({ idleBytes, sessions }: GrowthResults): string {
  const points = [{ count: 0, bytes: idleBytes }, ...sessions].map(({ count, bytes }) => ({ x: count, y: bytes / 1e6 }))
  const last = points.at(-1) ?? { x: 0, y: 0 }
  const allowed = (count: number) => 150 + (30 * count) / 1000
  const x = linearScale(last.x, frame.left, frame.right)
  const y = linearScale(Math.max(allowed(last.x), ...points.map((point) => point.y)), frame.bottom, frame.top)
  return drawing(frame.width, frame.height, 'Memory of the gateway in MB, by idle sessions', [
    ...axes(x, y, 'idle sessions'),
    segment(x.at(0), y.at(150), x.at(last.x), y.at(allowed(last.x)), 'limit'),
    label(x.at(last.x / 2), y.at(allowed(last.x / 2)) - 10, 'wanted: 150 MB and 30 KB per session', 'limit-text small halo', 'end'),
    polyline(
      points.map((point) => [x.at(point.x), y.at(point.y)] as const),
      'ours line',
    ),
    ...points.map((point) => dot(x.at(point.x), y.at(point.y), 3.5, 'ours')),
    label(x.at(last.x), y.at(last.y) - 12, `${shortNumber(last.y)} MB`, 'ink small strong halo', 'end'),
  ])
}

export function growthPlot(pages: readonly PageTimes[]): string {
  const lines = [
    { name: 'list of sessions (200)', kind: 'ours', of: (times: PageTimes) => times.newest },
    { name: 'page of recordings (100)', kind: 'second', of: (times: PageTimes) => times.firstPage },
  ]
  const x = logScale(
    pages.map(({ sessions }) => sessions),
    frame.left,
    frame.right,
  )
  const y = linearScale(Math.max(...pages.flatMap((times) => lines.map((line) => line.of(times)))) * 1.3, frame.bottom, frame.top)
  return drawing(frame.width, frame.height, 'Reading a list in ms, by sessions there are', [
    ...axes({ ...x, ticks: x.ticks.filter((tick) => Number.isInteger(Math.log10(tick))) }, y, 'recorded sessions'),
    ...lines.flatMap(({ name, kind, of }) => {
      const points = pages.map((times) => [x.at(times.sessions), y.at(of(times))] as const)
      const [endX, endY] = points.at(-1) ?? [0, 0]
      return [
        polyline(points, `${kind} line`),
        ...points.map(([px, py]) => dot(px, py, 3.5, kind)),
        label(endX, endY - 12, name, 'ink small halo', 'end'),
      ]
    }),
  ])
}

/** Grid and numbers of a plot with lines; also of the soak's. */
export function axes(x: Scale, y: Scale, below: string): string[] {
  return [
    ...y.ticks.flatMap((tick) => [
      segment(frame.left, y.at(tick), frame.right, y.at(tick), 'grid'),
      label(frame.left - 10, y.at(tick) + 4, shortNumber(tick), 'quiet small', 'end'),
    ]),
    ...x.ticks.map((tick) => label(x.at(tick), frame.bottom + 20, shortNumber(tick), 'quiet small', 'middle')),
    label(frame.right, frame.bottom + 42, below, 'quiet small', 'end'),
  ]
}

export const plotFrame = frame
