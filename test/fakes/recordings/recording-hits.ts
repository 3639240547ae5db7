import type { LibraryRow } from '../../../src-protocol/library-row.ts'
import type { RecordingExcerpt, RecordingHits } from '../../../src-protocol/recording-search.ts'

/** Two pages: the newest sessions with places where the words stand, then an older one that fits as a whole. */
export function fakeSearch(rows: readonly LibraryRow[], text: string | undefined, cursor: string | undefined): RecordingHits {
  const page = cursor === undefined ? rows.slice(0, 4) : rows.slice(4, 5)
  const hits = page.map(({ here: _here, onGateway: _onGateway, proof: _proof, ...summary }, at) => ({
    summary,
    calls: cursor === undefined ? ([2, 1, 100, 7][at] ?? 1) : 0,
    excerpts:
      text === undefined || text === '' || cursor !== undefined
        ? []
        : excerptsOf(summary.startedAt, text.replace('*', '')).slice(0, 3 - (at % 3)),
  }))
  return { hits, waiting: 3, ...(cursor === undefined && rows.length > 4 && { next: '1200' }) }
}

const excerptsOf = (startedAt: string, word: string): RecordingExcerpt[] => [
  excerpt(14, startedAt, 'execute_sql', [
    '…"arguments":{"sql":"SELECT id, total FROM orders WHERE ',
    word,
    ' = 88121 ORDER BY created_at DESC LIMIT 50"}}}',
  ]),
  excerpt(15, startedAt, 'execute_sql', [
    '…{"id":88121,"total":129.9,"card":"[MASKED:card]","note":"',
    word,
    ' is stuck since Monday, see ticket 4412 with \u202Egnp.exe'.slice(0),
    '…',
  ]),
  excerpt(31, startedAt, 'tools/list', [
    '{"jsonrpc":"2.0","result":{"tools":[{"name":"',
    word,
    '","description":"Looks up an order by its number and says what became of it"…',
  ]),
]

const excerpt = (seq: number, startedAt: string, subject: string, [before = '', word = '', ...after]: string[]): RecordingExcerpt => ({
  seq,
  at: new Date(Date.parse(startedAt) + seq * 4000).toISOString(),
  subject,
  parts: [
    { text: before, hit: false },
    { text: word, hit: true },
    { text: after.join(''), hit: false },
  ],
})
