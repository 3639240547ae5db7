/** What is measured and what is wanted of it, as data: the table that `npm run bench` prints is made of this list. */

export interface Bar {
  id: string
  /** name of the figure that it is about */
  figure: string
  what: string
  /** the limit that is good enough, and on which side of it is good */
  most?: number
  least?: number
  unit: '' | '×' | 'µs' | 'ms' | 's' | 'MB' | 'KB' | 'records/s'
}

/** What was measured: its median, or what `what` names, and what each round gave. */
export interface Figure {
  value: number
  each?: readonly number[]
}
export type Figures = Record<string, Figure>

export const bars: readonly Bar[] = [
  { id: 'P1', figure: 'p1-floor', what: 'p50 at 1 client ÷ (do-nothing tunnel + 2 `fdatasync`)', most: 1.35, unit: '×' },
  { id: 'P1', figure: 'p1-topology', what: 'p50 at 1 client ÷ `mcp-remote → mcp-proxy`', most: 1, unit: '×' },
  { id: 'P2', figure: 'p2-floor', what: 'calls/s at 32 clients ÷ do-nothing tunnel', least: 0.65, unit: '×' },
  { id: 'P2', figure: 'p2-topology', what: 'calls/s at 32 clients ÷ `mcp-remote → mcp-proxy`', least: 3, unit: '×' },
  { id: 'P2', figure: 'p2-recording', what: 'calls/s at 32 clients ÷ the peer that records', least: 30, unit: '×' },
  { id: 'P3', figure: 'p3-plain', what: 'policy decision, p50: 500 rules, 10 of them about this connection', most: 50, unit: 'µs' },
  { id: 'P3', figure: 'p3-broad', what: 'policy decision, p50: 500 rules, 167 conditions to evaluate', most: 50, unit: 'µs' },
  { id: 'P3', figure: 'p3-sql', what: 'policy decision, p50: the 10 of 500 rules look at SQL', most: 200, unit: 'µs' },
  { id: 'P3', figure: 'p3-simulation', what: 'simulation of a draft over 100,000 recorded calls of SQL', most: 60, unit: 's' },
  { id: 'P4', figure: 'p4-typical', what: 'masking a 100 KB result, all detectors: rows of a table', most: 10, unit: 'ms' },
  { id: 'P4', figure: 'p4-dense', what: 'masking a 100 KB result, all detectors: every leaf sensitive', most: 10, unit: 'ms' },
  { id: 'P4', figure: 'p4-hostile', what: 'masking a hostile 1 MB string, the slowest detector', most: 100, unit: 'ms' },
  { id: 'P5', figure: 'p5-records', what: 'durable records, 32 sessions at once', least: 20_000, unit: 'records/s' },
  { id: 'P5', figure: 'p5-recovery', what: 'recovery of 1,000 torn sessions', most: 5, unit: 's' },
  { id: 'P6', figure: 'p6-verify', what: 'verification of a recording', least: 60_000, unit: 'records/s' },
  { id: 'P6', figure: 'p6-proof', what: 'proof of inclusion in a log of 10 million entries, p95', most: 5, unit: 'ms' },
  { id: 'P7', figure: 'p7-paint', what: 'replay of 100,000 records: click → painted with its texts', most: 300, unit: 'ms' },
  { id: 'P7', figure: 'p7-filter', what: 'replay of 100,000 records: filter by verdict → list painted', most: 50, unit: 'ms' },
  { id: 'P7', figure: 'p7-search', what: 'replay of 100,000 records: words → list painted', most: 50, unit: 'ms' },
  {
    id: 'P7',
    figure: 'p7-scroll',
    what: 'replay of 100,000 records: from frame to frame while scrolling (60 Hz), p95',
    most: 25,
    unit: 'ms',
  },
  { id: 'P8', figure: 'p8-search', what: 'full-text search over 1 million records, first 50 with excerpts, p95', most: 100, unit: 'ms' },
  { id: 'P9', figure: 'p9-shown', what: 'held call: sent → notification shown, p95', most: 150, unit: 'ms' },
  { id: 'P9', figure: 'p9-forwarded', what: 'vote sent → the server has the call, p95', most: 50, unit: 'ms' },
  { id: 'P10', figure: 'p10-idle', what: 'gateway without sessions, resident', most: 150, unit: 'MB' },
  { id: 'P10', figure: 'p10-session', what: 'gateway per idle session, of 10,000', most: 30, unit: 'KB' },
  { id: 'P11', figure: 'p11-calls', what: 'calls/s with 10,000 recorded sessions ÷ with 10', least: 0.9, unit: '×' },
  { id: 'P11', figure: 'p11-list', what: 'list of sessions, p50 with 1,000,000 ÷ with 1,000', most: 1.5, unit: '×' },
  { id: 'P11', figure: 'p11-page', what: 'page of recordings, p50 with 1,000,000 ÷ with 1,000', most: 1.5, unit: '×' },
  {
    id: 'P11',
    figure: 'p11-search',
    what: 'search among the recordings of one computer, p50 with 100,000 ÷ with 1,000',
    most: 1.5,
    unit: '×',
  },
  {
    id: 'P11',
    figure: 'p11-gateway-search',
    what: 'search among the recordings of a gateway, slowest of six p50 with 1,000,000 ÷ with 1,000',
    most: 1.5,
    unit: '×',
  },
]

export type Verdict = 'met' | 'not met' | 'not measured'

export function judge({ figure, most, least }: Bar, figures: Figures): Verdict {
  const value = figures[figure]?.value
  // a number that could not be measured is null once it has been through JSON
  if (value === undefined || !Number.isFinite(value)) return 'not measured'
  return value <= (most ?? Number.POSITIVE_INFINITY) && value >= (least ?? Number.NEGATIVE_INFINITY) ? 'met' : 'not met'
}
