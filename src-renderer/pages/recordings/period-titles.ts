import { quarters } from '../../components/period.ts'
import type { Period } from './recording-filters.ts'

const titles: Record<Exclude<Period, 'this quarter' | 'last quarter'>, string> = {
  today: 'Today',
  '7 days': 'Last 7 days',
  '30 days': 'Last 30 days',
  'this year': 'This year',
}

/** Quarters by their names, as questions name them: “Q3 2026”. */
export function titleOfPeriod(period: Period, now: number): string {
  if (period !== 'this quarter' && period !== 'last quarter') return titles[period]
  return quarters(new Date(now))[period === 'this quarter' ? 1 : 0]?.label ?? ''
}
