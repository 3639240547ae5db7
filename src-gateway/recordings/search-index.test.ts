import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { messageRecordFixture, openRecordFixture } from '../../src-core/recording/sealed-recording.fixture.ts'
import { connectionName } from '../../src-protocol/ids.ts'
import type { RecordingQuery } from '../../src-protocol/recording-search.ts'
import type { SessionRecord } from '../../src-protocol/recording.ts'
import { documentTable, openSearchDatabase, slotWidth, type SearchDatabase } from './search-database.ts'
import { createSearchIndex, type SearchIndex } from './search-index.ts'

let folder: string
let database: SearchDatabase
let index: SearchIndex
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'search-'))
  database = openSearchDatabase(folder).database
  index = createSearchIndex(database)
})
afterEach(async () => {
  database.close()
  await rm(folder, { recursive: true, force: true })
})

const orders = connectionName.parse('orders-db')
const stock = connectionName.parse('stock-db')

interface Call {
  tool?: string
  sql: string
  answer?: string
  deny?: string
  mask?: string
}

const denied = (rule: string) => ({ decision: { effect: 'deny' as const, rule, policyVersion: 'a'.repeat(64), because: 'no' } })
const masked = (rule: string) => ({ masks: [{ rule, kind: 'card', path: '/x', count: 1 }] })

function recordsOf(calls: readonly Call[], reason: string): SessionRecord[] {
  const messages = calls.flatMap(({ tool = 'query', sql, answer, deny, mask }, at) => {
    const { decision: _decision, ...plain } = messageRecordFixture(1)
    const common = { ...plain, exchange: at + 1, method: 'tools/call', tool, masks: [] }
    const request = {
      ...common,
      kind: 'request' as const,
      direction: 'client' as const,
      body: JSON.stringify({ params: { arguments: { sql } } }),
      ...(deny && denied(deny)),
    }
    if (answer === undefined) return [request]
    const body = JSON.stringify({ result: { content: [{ text: answer }] } })
    return [request, { ...common, kind: 'response' as const, direction: 'server' as const, body, ...(mask && masked(mask)) }]
  })
  return [openRecordFixture({ reason }), ...messages]
}

async function add(
  logIndex: number,
  calls: readonly Call[],
  more: { connection?: string; person?: string; reason?: string; day?: number } = {},
) {
  const file = join(folder, `${logIndex}.jsonl`)
  await writeFile(
    file,
    recordsOf(calls, more.reason ?? 'a refund is stuck')
      .map((record) => `${JSON.stringify(record)}\n`)
      .join(''),
  )
  const day = String(more.day ?? 10).padStart(2, '0')
  await index.add(
    {
      logIndex,
      session: `ses_${String(logIndex).padStart(16, '0')}`,
      connection: more.connection ?? orders,
      person: more.person ?? 'u-1',
      startedAt: `2026-11-${day}T10:00:00.000Z`,
      endedAt: `2026-11-${day}T11:00:00.000Z`,
      bytes: 100,
    },
    file,
  )
}
const found = (query: RecordingQuery) => index.find(query).found.map(({ logIndex, calls }) => [logIndex, calls])

describe('a search', () => {
  beforeEach(async () => {
    await add(3, [
      { sql: 'SELECT * FROM invoices', answer: 'Zürich, Žižkov' },
      { sql: 'DROP TABLE invoices', deny: 'no-ddl' },
    ])
    await add(7, [{ tool: 'write_file', sql: 'notes about invoices', answer: '"quoted\\nline"' }], {
      connection: stock,
      person: 'u-2',
      day: 12,
    })
    await add(9, [{ sql: 'SELECT card FROM payments', answer: 'masked', mask: 'payment-data' }], {
      reason: 'the card of Ms Ødegård',
      day: 14,
    })
  })

  test.for<[string, RecordingQuery, [number, number][]]>([
    [
      'a word, newest first',
      { text: 'invoices' },
      [
        [7, 1],
        [3, 2],
      ],
    ],
    ['a word of an answer, without its marks', { text: 'zurich zizkov' }, [[3, 1]]],
    ['a word behind an escape', { text: 'line' }, [[7, 1]]],
    ['a word of the reason: the session fits, and none of its calls', { text: 'Ødegård' }, [[9, 0]]],
    [
      'the beginning of a word',
      { text: 'invo*' },
      [
        [7, 1],
        [3, 2],
      ],
    ],
    ['words that stand in different calls', { text: 'zurich drop' }, []],
    ['half a word', { text: 'invo' }, []],
    ['a tool', { tool: 'write_file' }, [[7, 1]]],
    ['a verdict', { verdict: 'denied' }, [[3, 1]]],
    ['a verdict by a mask in the answer', { verdict: 'masked' }, [[9, 1]]],
    ['a rule of policy', { rule: 'no-ddl' }, [[3, 1]]],
    ['a rule of masking', { rule: 'payment-data' }, [[9, 1]]],
    ['a word and a verdict of the same call', { text: 'invoices', verdict: 'denied' }, [[3, 1]]],
    ['a word and a verdict of different calls', { text: 'zurich', verdict: 'denied' }, []],
    ['a connection', { connection: stock }, [[7, 0]]],
    [
      'a person',
      { person: 'u-1' },
      [
        [9, 0],
        [3, 0],
      ],
    ],
    ['a time', { from: '2026-11-11T00:00:00.000Z', to: '2026-11-13T00:00:00.000Z' }, [[7, 0]]],
    ['a word and a time', { text: 'invoices', to: '2026-11-11T00:00:00.000Z' }, [[3, 2]]],
    [
      'a session that ran over the limit of the time',
      { from: '2026-11-12T10:30:00.000Z' },
      [
        [9, 0],
        [7, 0],
      ],
    ],
    [
      'no filter: all',
      {},
      [
        [9, 0],
        [7, 0],
        [3, 0],
      ],
    ],
    ['text that is syntax elsewhere', { text: 'invoices" OR text : "card' }, []],
    ['a value that is a word of the index itself', { text: 'session' }, []],
  ])('for %s', ([, query, expected]) => {
    expect(found(query)).toEqual(expected)
  })

  test('of a recording that is indexed again finds what it says now', async () => {
    await add(3, [{ sql: 'SELECT * FROM customers' }])
    expect(found({ text: 'invoices' })).toEqual([[7, 1]])
    expect(found({ text: 'customers' })).toEqual([[3, 1]])
  })

  test('does not know what was removed', () => {
    index.remove('ses_0000000000000003')
    expect(found({ text: 'invoices' })).toEqual([[7, 1]])
    expect(found({ verdict: 'denied' })).toEqual([])
  })

  test.for([
    ['no word', { text: '...' }],
    ['too short a beginning', { text: 'in*' }],
    ['a cursor of nobody', { cursor: 'newest' }],
  ] as const)('with %s is refused', ([, query]) => {
    expect(() => index.find(query)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }) as Error)
  })
})

test('a file that is no database, or of another layout, is made anew', async () => {
  await add(3, [{ sql: 'SELECT 1' }])
  expect(openSearchDatabase(folder).fresh).toBe(false)
  database.pragma('user_version = 999')
  const anew = openSearchDatabase(folder)
  expect(anew.fresh).toBe(true)
  anew.database.close()
  await writeFile(join(folder, 'search', 'search.sqlite'), 'no database at all, whatever its name says')
  const again = openSearchDatabase(folder)
  expect(again.fresh).toBe(true)
  expect(createSearchIndex(again.database).find({ text: 'select' }).found).toEqual([])
  again.database.close()
})

describe('pages', () => {
  test('follow each other without a gap and without a repetition, over many log entries', async () => {
    const places = Array.from({ length: 25 }, (_, at) => at * 9000 + 3)
    for (const logIndex of places) await add(logIndex, [{ sql: 'SELECT 1' }, { sql: 'SELECT 2' }])
    const seen: number[] = []
    let cursor: string | undefined
    do {
      const page = index.find({ text: 'select', limit: 4, ...(cursor !== undefined && { cursor }) })
      expect(page.found.length).toBeLessThanOrEqual(4)
      seen.push(...page.found.map(({ logIndex }) => logIndex))
      cursor = page.next === undefined ? undefined : String(page.next)
    } while (cursor !== undefined)
    expect(seen).toEqual(places.toReversed())
  })

  test('end where the time for one is over, and go on from there', async () => {
    index = createSearchIndex(database, { full: 1 })
    for (const logIndex of [1, 90_000, 900_000]) await add(logIndex, [{ sql: logIndex === 1 ? 'needle' : 'hay' }])
    let time = 0
    const slow = createSearchIndex(database, { now: () => (time += 100) })
    const first = slow.find({ text: 'needle' })
    expect(first.found).toEqual([])
    expect(first.next).toBeGreaterThan(1)
    let cursor = first.next
    for (let turn = 0; turn < 50 && cursor !== undefined; turn += 1) {
      const page = slow.find({ text: 'needle', cursor: String(cursor) })
      if (page.found.length > 0) return expect(page.found).toMatchObject([{ logIndex: 1, calls: 1 }])
      expect(page.next).toBeLessThan(cursor)
      cursor = page.next
    }
    return expect.fail('it was never found')
  })

  test('name a session with very many hits once', async () => {
    await add(
      5,
      Array.from({ length: 300 }, (_, at) => ({ sql: `SELECT ${at}` })),
    )
    await add(4, [{ sql: 'SELECT 1' }])
    expect(found({ text: 'select' })).toEqual([
      [5, 100],
      [4, 1],
    ])
  })
})

test('neither a page far back nor a removal walks there over what is newer', async () => {
  for (let at = 0; at < 60; at += 1) await add(at, [{ sql: 'SELECT 1' }])
  let walked = 0
  database.function('walked', () => {
    walked += 1
    return 1
  })
  // counts what the index comes past before the limits are looked at
  const prepare = database.prepare.bind(database)
  database.prepare = (sql: string) => prepare(sql.replace('rowid >=', 'walked() AND rowid >='))
  const counted = createSearchIndex(database)
  expect(counted.find({ text: 'select', cursor: '8', limit: 3 }).found.map(({ logIndex }) => logIndex)).toEqual([7, 6, 5])
  expect(walked).toBeGreaterThanOrEqual(4)
  expect(walked).toBeLessThanOrEqual(6)
  walked = 0
  counted.remove('ses_0000000000000050')
  expect(walked).toBeGreaterThanOrEqual(2)
  expect(walked).toBeLessThanOrEqual(4)
})

describe('a part', () => {
  const parts = () => database.prepare<[], { lowest: number; highest: number }>('SELECT lowest, highest FROM part ORDER BY lowest').all()
  const call = [{ sql: 'SELECT total FROM refunds' }]
  const all = () => found({ text: 'refunds' }).map(([logIndex]) => logIndex)

  test('that is full is brought into one piece when the next begins, and everything in it is still found', async () => {
    const pieces = (part: number) =>
      database
        .prepare(`SELECT count(DISTINCT segid) FROM ${documentTable(part)}_idx`)
        .pluck()
        .get()
    index = createSearchIndex(database, { full: 6 })
    for (const at of [1, 2, 3]) await add(at, [{ sql: `SELECT ${'name'.repeat(at)} FROM refunds` }])
    expect(pieces(0)).toBeGreaterThan(1)
    await add(slotWidth + 1, call)
    expect(pieces(0)).toBe(1)
    expect(all()).toEqual([slotWidth + 1, 3, 2, 1])
    // what follows in the same slot stays with it
    await add(4, call)
    expect(all()).toEqual([slotWidth + 1, 4, 3, 2, 1])
  })

  test.for([
    ['the oldest first', [0, 1, 2, 40, 41]],
    ['the newest first', [41, 40, 2, 1, 0]],
    ['in no order', [41, 0, 40, 2, 1]],
  ] as const)('takes in its neighbours until it is full: %s', async ([, slots]) => {
    index = createSearchIndex(database, { full: 4 })
    for (const slot of slots) await add(slot * slotWidth + 7, call)
    const there = parts()
    expect(there.length).toBeGreaterThan(1)
    expect(there.length).toBeLessThan(slots.length)
    for (const [at, { lowest }] of there.entries()) expect(lowest).toBeGreaterThan(there[at - 1]?.highest ?? -1)
    expect(all()).toEqual([41, 40, 2, 1, 0].map((slot) => slot * slotWidth + 7))
    // as after a start
    index = createSearchIndex(database, { full: 4 })
    expect(all()).toHaveLength(5)
    index.remove(`ses_${String(2 * slotWidth + 7).padStart(16, '0')}`)
    expect(all()).toHaveLength(4)
  })

  test('of the first layout is used as it is', async () => {
    index = createSearchIndex(database, { full: 1 })
    await add(3, call)
    await add(65_536 * 2 + 5, call)
    const [, { lowest } = { lowest: 0 }] = parts()
    database.exec(`ALTER TABLE ${documentTable(lowest / slotWidth)} RENAME TO document_2; DROP TABLE part; PRAGMA user_version = 1`)
    database.close()
    const opened = openSearchDatabase(folder)
    database = opened.database
    expect(opened.fresh).toBe(false)
    index = createSearchIndex(database, { full: 3 })
    expect(parts()).toEqual([
      { lowest: 0, highest: 65_535 },
      { lowest: 131_072, highest: 196_607 },
    ])
    await add(65_536 * 2 + 4, call)
    await add(65_536 * 3, call)
    expect(all()).toEqual([196_608, 131_077, 131_076, 3])
    index.remove('ses_0000000000131077')
    expect(all()).toEqual([196_608, 131_076, 3])
  })
})
