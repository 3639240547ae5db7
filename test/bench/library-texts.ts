/** Recordings with texts as people's tools give them: common words, names, numbers, and one word that is rare. */
import type { SessionRecord } from '../../src-protocol/recording.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import { closeRecordFixture, messageRecordFixture, openRecordFixture } from '../../src-core/recording/sealed-recording.fixture.ts'

const syllables = ['ka', 'ro', 'mi', 'sen', 'tu', 'val', 'dor', 'ne', 'pli', 'gra', 'sto', 'be', 'lun', 'fe', 'qua', 'zi']
const vocabulary = Array.from({ length: 20_000 }, (_, at) => {
  const parts = [at & 15, (at >> 4) & 15, (at >> 8) & 15, (at >> 12) & 15].map((part) => syllables[part] ?? '')
  return parts.slice(0, 2 + (at % 3)).join('')
})

/** The word at a place: a few are said all the time, most of them rarely. */
const word = (place: number): string => {
  const spread = (Math.imul(place, 2_654_435_761) >>> 0) / 2 ** 32
  return vocabulary[Math.floor(spread ** 3 * vocabulary.length)] ?? ''
}

export interface TextOptions {
  session: SessionId
  counter: number
  records: number
  /** epoch ms */
  startedAt: number
}

/** A session of so many records, open and close included. */
export function sessionOfTexts({ session, counter, records, startedAt }: TextOptions): SessionRecord[] {
  const at = (seq: number) => new Date(startedAt + seq * 211).toISOString()
  const messages = Array.from({ length: records - 2 }, (_, index) => {
    const seq = index + 1
    const place = counter * 1_000_003 + seq * 17
    const request = seq % 2 === 1
    const order = counter * 1000 + (seq >> 1)
    const text = request
      ? `SELECT * FROM refunds WHERE order_id = ${order} AND note = '${word(place)} ${word(place + 1)}'`
      : JSON.stringify({
          rows: [
            {
              order: `A-${order}`,
              state: seq % 3 ? 'stuck' : 'paid',
              note: Array.from({ length: 12 }, (_n, n) => word(place + n)).join(' '),
            },
          ],
        })
    const body = request
      ? JSON.stringify({ jsonrpc: '2.0', id: seq, method: 'tools/call', params: { name: 'execute_sql', arguments: { sql: text } } })
      : JSON.stringify({ jsonrpc: '2.0', id: seq - 1, result: { content: [{ type: 'text', text }] } })
    return messageRecordFixture(seq, {
      body,
      at: at(seq),
      ...(seq % 50 === 0 ? { masks: [{ rule: 'detect-card', kind: 'card', path: '/result', count: 1 }] } : {}),
      ...(seq % 997 === 1
        ? { decision: { effect: 'deny', rule: 'no-schema', policyVersion: 'p'.repeat(64), because: 'Schema changes need a DBA.' } }
        : {}),
    })
  })
  const number = counter % 4
  return [
    openRecordFixture({
      session,
      counter,
      at: at(0),
      reason: `Refund ${counter} is stuck`,
      person: { sub: `u-${number}`, name: `Mira Okafor ${number}`, groups: [], roles: ['operator'] },
    }),
    ...messages,
    closeRecordFixture(records - 1, { session, at: at(records - 1) }),
  ]
}

/** What people look for. */
export const searches: readonly string[] = [
  'refund',
  'stuck',
  'execute_sql refunds',
  'order 500250',
  'A-500250',
  `${vocabulary[0]} ${vocabulary[3]}`,
  vocabulary[11] ?? '',
  vocabulary[9000] ?? '',
  vocabulary[19_000] ?? '',
  '"is stuck"',
  'karo',
  'detect-card',
  'no-schema',
  'nowhere to be found',
  'Mira refunds',
  'sel',
  'pai',
  'select order_id',
]
