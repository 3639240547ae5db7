import { axes, plotFrame } from '../plots.ts'
import { drawing, label, linearScale, polyline, shortNumber } from '../svg.ts'
import type { ProcessSample } from './watch-process.ts'

const kinds = ['ours', 'second', 'theirs', 'theirs']

/** Resident memory of each process over the time. */
export function soakPlot(samples: Readonly<Record<string, readonly ProcessSample[]>>, sessions: { idle: number; active: number }): string {
  const series = Object.entries(samples)
  const all = series.flatMap(([, one]) => one)
  const x = linearScale(Math.max(...all.map(({ second }) => second)) / 60, plotFrame.left, plotFrame.right)
  const y = linearScale(Math.max(...all.map(({ residentBytes }) => residentBytes)) / 1e6, plotFrame.bottom, plotFrame.top)
  const lines = series.map(([name, one], index) => ({
    name,
    kind: kinds[index] ?? 'theirs',
    points: one.map(({ second, residentBytes }) => [x.at(second / 60), y.at(residentBytes / 1e6)] as const),
  }))
  const title = `Resident memory in MB: ${shortNumber(sessions.active)} sessions call, ${shortNumber(sessions.idle)} are idle`
  return drawing(plotFrame.width + 120, plotFrame.height, title, [
    ...axes(x, y, 'minutes'),
    ...lines.map(({ points, kind }) => polyline(points, `${kind} line`)),
    ...apart(lines.map(({ name, points }) => ({ name, y: points.at(-1)?.[1] ?? 0 }))).map(({ name, y }) =>
      label(plotFrame.right + 10, y + 4, name, 'ink small'),
    ),
  ])
}

const lineHeight = 16

/** From the top down, none upon another. */
function apart(labels: readonly { name: string; y: number }[]): { name: string; y: number }[] {
  let free = Number.NEGATIVE_INFINITY
  return labels
    .toSorted((a, b) => a.y - b.y)
    .map(({ name, y }) => {
      const placed = Math.max(y, free)
      free = placed + lineHeight
      return { name, y: placed }
    })
}
