import { TextInput } from '@mantine/core'
import { useState } from 'react'
import type { Period } from '../../src-protocol/overview.ts'
import { daysOf, namedPeriods, periodOfDays, quarters } from './period.ts'
import { useToday } from './use-today.ts'
import styles from './period-chooser.module.css'

interface PeriodChooserProps {
  period: Period
  onPeriod: (period: Period) => void
}

/** Whole days of UTC: some that are asked for often, or any. */
export function PeriodChooser({ period, onPeriod }: PeriodChooserProps) {
  const now = useToday()
  const endsToday = period.to === periodOfDays(1, now).to
  const [draft, setDraft] = useState<Period>()
  const shown = draft ?? period
  const problem = shown.from > shown.to ? 'It ends before it begins.' : daysOf(shown) > 400 ? 'At most 400 days.' : undefined
  const change = (part: Partial<Period>) => {
    const next = { ...shown, ...part }
    setDraft(next)
    if (next.from !== '' && next.to !== '' && next.from <= next.to && daysOf(next) <= 400) {
      setDraft(undefined)
      onPeriod(next)
    }
  }
  return (
    <fieldset className={styles.chooser}>
      <legend className="unseen">Period, in days of UTC</legend>
      <div className={styles.named} role="group" aria-label="Period">
        {namedPeriods.map(({ id, title, days }) => (
          <button
            key={id}
            type="button"
            aria-pressed={endsToday && daysOf(period) === days}
            onClick={() => {
              setDraft(undefined)
              onPeriod(periodOfDays(days, now))
            }}
          >
            {title}
          </button>
        ))}
        {quarters(new Date(now))
          .slice(0, 1)
          .map(({ label, from, to }) => (
            <button
              key={label}
              type="button"
              aria-pressed={period.from === from && period.to === to}
              onClick={() => {
                setDraft(undefined)
                onPeriod({ from, to })
              }}
            >
              {label}
            </button>
          ))}
      </div>
      <TextInput
        type="date"
        aria-label="First day"
        value={shown.from}
        onChange={(event) => change({ from: event.currentTarget.value })}
        error={problem}
      />
      <span className="t3">to</span>
      <TextInput type="date" aria-label="Last day" value={shown.to} onChange={(event) => change({ to: event.currentTarget.value })} />
      <span className="small t3">UTC</span>
    </fieldset>
  )
}
