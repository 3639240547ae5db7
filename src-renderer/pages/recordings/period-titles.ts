import type { Period } from './recording-filters.ts'

export const periodTitles: Record<Period, string> = {
  today: 'Today',
  '7 days': 'Last 7 days',
  '30 days': 'Last 30 days',
  'this year': 'This year',
}
