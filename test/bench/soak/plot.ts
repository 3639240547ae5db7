import { axes, plotFrame } from '../plots.ts'
import { drawing, label, linearScale, polyline } from '../svg.ts'
import type { ProcessSample } from './watch-process.ts'

const kinds = ['ours', 'second', 'theirs', 'theirs']

/** Resident memory of each process over the time. */
export function soakPlot(samples: Readonly<Record<string, readonly ProcessSample[]>>): string {
  const series = Object.entries(samples)
  const all = series.flatMap(([, one]) => one)
  const x = linearScale(Math.max(...all.map(({ second }) => second)) / 60, plotFrame.left, plotFrame.right)
  const y = linearScale(Math.max(...all.map(({ residentBytes }) => residentBytes)) / 1e6, plotFrame.bottom, plotFrame.top)
  return drawing(plotFrame.width + 120, plotFrame.height, 'Resident memory in MB while 64 sessions call and 1,000 are idle', [
    ...axes(x, y, 'minutes'),
    ...series.flatMap(([name, one], index) => {
      const points = one.map(({ second, residentBytes }) => [x.at(second / 60), y.at(residentBytes / 1e6)] as const)
      const [, endY] = points.at(-1) ?? [0, 0]
      return [polyline(points, `${kinds[index] ?? 'theirs'} line`), label(plotFrame.right + 10, endY + 4, name, 'ink small')]
    }),
  ])
}
