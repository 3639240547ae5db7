import type { RowKind } from './timeline.ts'

/** How people call the kinds of records. */
export const kindTitles: Record<RowKind, string> = {
  open: 'Session opened',
  request: 'Request',
  response: 'Response',
  notification: 'Notification',
  approval: 'Approval',
  error: 'Error',
  resume: 'Gateway restarted',
  'live-watch': 'Live watch',
  close: 'Session ended',
}
