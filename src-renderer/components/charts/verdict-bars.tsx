import { useId, useState } from 'react'
import type { VerdictCounts } from '../../../src-protocol/model.ts'
import { verdictLook } from '../verdict.tsx'
import { scaleFor } from './scale-for.ts'
import { useFrameWidth } from './use-frame-width.ts'
import styles from './verdict-bars.module.css'

export interface VerdictBar {
  /** as an axis says it */
  label: string
  /** as a sentence says it */
  title: string
  /** the day of UTC that it lies in */
  day: string
  counts: VerdictCounts
}

const verdicts = ['allowed', 'masked', 'held', 'denied'] as const
const narrowest = 320
const height = 180
const bottom = 22
const top = 8

interface VerdictBarsProps {
  bars: readonly VerdictBar[]
  label: string
  /** a bar was chosen: by a click, or with Enter */
  onPick?: ((bar: VerdictBar) => void) | undefined
}

/** Calls over time, stacked by what became of them. The same numbers as a table are one press away. */
export function VerdictBars({ bars, label, onPick }: VerdictBarsProps) {
  const [asTable, setAsTable] = useState(false)
  const [at, setAt] = useState<number>()
  const hintId = useId()
  const shown = at === undefined ? undefined : bars[at]
  return (
    <div className={styles.chart}>
      <div className={styles.head}>
        <ul className={styles.legend}>
          {verdicts.map((verdict) => (
            <li key={verdict}>
              <i className={styles[verdict]} aria-hidden /> {verdictLook[verdict].word}
            </li>
          ))}
        </ul>
        <span id={hintId} className={`${styles.hint} small t2 num`} aria-live="polite">
          {shown && `${shown.title}: ${sentenceOf(shown.counts)}`}
        </span>
        <button type="button" className={styles.switch} aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          Show as table
        </button>
      </div>
      {asTable ? <BarsTable bars={bars} label={label} /> : <Plot bars={bars} label={label} at={at} onAt={setAt} onPick={onPick} />}
    </div>
  )
}

interface PlotProps extends VerdictBarsProps {
  at: number | undefined
  onAt: (at: number | undefined) => void
}

function Plot({ bars, label, at, onAt, onPick }: PlotProps) {
  const { frame, width: found } = useFrameWidth()
  const width = Math.max(narrowest, found)
  const most = Math.max(1, ...bars.map(({ counts }) => totalOf(counts)))
  const ticks = scaleFor(most)
  const scale = ticks.at(-1) ?? 1
  const room = height - bottom - top
  // as wide as the longest number beside it
  const left = 16 + 7 * Math.max(4, ...ticks.map((tick) => tick.toLocaleString('en').length))
  const picked = at === undefined ? undefined : bars[at]
  const y = (count: number) => top + room - (count / scale) * room
  const step = (width - left) / Math.max(1, bars.length)
  const bar = Math.max(1, Math.min(36, step * 0.72))
  const every = Math.max(1, Math.ceil(bars.length / 12))
  const move = (to: number) => onAt(Math.min(bars.length - 1, Math.max(0, to)))
  return (
    <svg
      ref={frame}
      className={styles.plot}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`${label}. ${sentenceOf(sumOf(bars))}. The arrow keys read one bar after the other${onPick ? '; Enter opens its day' : ''}.`}
      tabIndex={0}
      onKeyDown={(event) => {
        if (event.key === 'ArrowRight') move((at ?? -1) + 1)
        else if (event.key === 'ArrowLeft') move((at ?? bars.length) - 1)
        else if (event.key === 'Enter' && picked) onPick?.(picked)
        else if (event.key === 'Escape') onAt(undefined)
        else return
        event.preventDefault()
      }}
      onBlur={() => onAt(undefined)}
      onMouseLeave={() => onAt(undefined)}
    >
      {ticks.map((tick) => (
        <g key={tick}>
          <line x1={left} x2={width} y1={y(tick)} y2={y(tick)} className={styles.grid} />
          <text x={left - 8} y={y(tick) + 4} textAnchor="end">
            {tick.toLocaleString('en')}
          </text>
        </g>
      ))}
      {bars.map((item, index) => {
        const x = left + index * step + (step - bar) / 2
        let below = 0
        return (
          <g
            key={item.title}
            onMouseEnter={() => onAt(index)}
            onClick={() => onPick?.(item)}
            className={[index === at ? styles.at : '', onPick ? styles.picks : ''].join(' ')}
          >
            <rect x={left + index * step} y={top} width={step} height={room} className={styles.hit} />
            {verdicts.map((verdict) => {
              const count = Math.max(0, item.counts[verdict])
              const start = below
              below += count
              return (
                count > 0 && <rect key={verdict} x={x} width={bar} y={y(below)} height={y(start) - y(below)} className={styles[verdict]} />
              )
            })}
            {index % every === 0 && (
              <text x={x + bar / 2} y={height - 6} textAnchor="middle">
                {item.label}
              </text>
            )}
          </g>
        )
      })}
    </svg>
  )
}

function BarsTable({ bars, label }: Pick<PlotProps, 'bars' | 'label'>) {
  return (
    <div className={styles.scroller} tabIndex={0} role="region" aria-label={label}>
      <table className="table">
        <thead>
          <tr>
            <th>When</th>
            {verdicts.map((verdict) => (
              <th key={verdict} className="numeric">
                {verdictLook[verdict].word}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {bars.map(({ title, counts }) => (
            <tr key={title}>
              <td>{title}</td>
              {verdicts.map((verdict) => (
                <td key={verdict} className="numeric">
                  {counts[verdict].toLocaleString('en')}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const totalOf = (counts: VerdictCounts): number => verdicts.reduce((sum, verdict) => sum + Math.max(0, counts[verdict]), 0)

function sumOf(bars: readonly VerdictBar[]): VerdictCounts {
  const sum = { allowed: 0, masked: 0, held: 0, denied: 0 }
  for (const { counts } of bars) for (const verdict of verdicts) sum[verdict] += counts[verdict]
  return sum
}

const sentenceOf = (counts: VerdictCounts): string =>
  verdicts.map((verdict) => `${counts[verdict].toLocaleString('en')} ${verdictLook[verdict].word.toLowerCase()}`).join(', ')
