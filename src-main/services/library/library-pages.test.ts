import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LibraryQuery, RecordQuery } from '../../../src-protocol/desktop-library.ts'
import type { OpenRecord } from '../../../src-protocol/recording.ts'
import {
  closeRecordFixture,
  fixtureSession,
  fixtureVerifierKey,
  messageRecordFixture,
  openRecordFixture,
  proofFixture,
  recordingText,
  recordsFixture,
} from '../../../src-core/recording/sealed-recording.fixture.ts'
import { openLibrary, type Library } from '../library.ts'
import { openLibraryDatabase, recordIdBase, rowidBetween } from './library-database.ts'

const clock = { now: () => new Date('2026-11-22T16:05:00.123Z') }
const sessionOf = (number: number) => `ses_${String(number).padStart(16, '0')}` as OpenRecord['session']
const dayOf = (number: number) => `2026-11-${String(number + 1).padStart(2, '0')}T08:00:00.000Z`

/** Twelve sessions, one a day, added in no order. Every third is of Ines; in every fourth a call was denied; all but the fifth say "refunds" eight times. */
let library: Library
beforeAll(() => {
  library = openLibrary({ file: ':memory:', clock })
  for (const number of [5, 0, 11, 3, 8, 1, 10, 2, 7, 4, 9, 6]) {
    const session = sessionOf(number)
    const person = number % 3 === 0 ? { sub: 'u-2', name: 'Ines Duarte' } : { sub: 'u-1', name: 'Mira Okafor' }
    const messages = Array.from({ length: 8 }, (_, at) => {
      const denied = { effect: 'deny' as const, rule: 'no-schema', policyVersion: 'p', because: 'No.' }
      const change = {
        ...(number === 5 ? { body: `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"n":${at}}}` } : {}),
        ...(number % 4 === 0 && at === 2 ? { decision: denied, tool: 'drop_table' } : {}),
      }
      return messageRecordFixture(at + 1, { at: dayOf(number), ...change })
    })
    const open = openRecordFixture({ session, at: dayOf(number), person: { ...person, groups: [], roles: [] }, reason: `Case ${number}` })
    const text = recordingText([open, ...messages, closeRecordFixture(9, { session, at: dayOf(number) })])
    library.add(text, proofFixture(text, { entry: { session } }), fixtureVerifierKey)
  }
})
afterAll(() => library.close())

/** All pages, one after the other: the numbers of the sessions. */
function sessionsOf(query: LibraryQuery, limit: number): number[] {
  const found: number[] = []
  for (let cursor: string | undefined; ;) {
    const page = library.page({ ...query, limit, ...(cursor === undefined ? {} : { cursor }) })
    expect(page.rows.length).toBeLessThanOrEqual(limit)
    found.push(...page.rows.map(({ session }) => Number(session.slice(4))))
    if (page.next === undefined) return found
    cursor = page.next
  }
}
const down = [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]

describe('pages of recordings', () => {
  test.for<[string, LibraryQuery, number[]]>([
    ['all, the newest first', {}, down],
    ['the oldest first', { ascending: true }, down.toReversed()],
    ['with a word', { text: 'refunds' }, down.filter((number) => number !== 5)],
    ['with a word, the oldest first', { text: 'refunds', ascending: true }, down.toReversed().filter((number) => number !== 5)],
    ['with a reason', { text: '"case 7"' }, [7]],
    ['of a person', { person: 'u-2' }, [9, 6, 3, 0]],
    ['of a person, with a word', { person: 'u-1', text: 'refunds' }, [11, 10, 8, 7, 4, 2, 1]],
    ['in which something was denied', { verdict: 'denied' }, [8, 4, 0]],
    ['in which something was denied, with a word', { verdict: 'denied', text: 'refunds' }, [8, 4, 0]],
    ['of some days', { from: dayOf(3), until: dayOf(6) }, [5, 4, 3]],
    ['of some days, with a word', { from: dayOf(3), until: dayOf(6), text: 'refunds' }, [4, 3]],
    ['by what was denied, then the newest first', { sort: 'denied' }, [8, 4, 0, 11, 10, 9, 7, 6, 5, 3, 2, 1]],
    ['by person', { sort: 'person', ascending: true }, [9, 6, 3, 0, 11, 10, 8, 7, 5, 4, 2, 1]],
    ['of nobody', { person: 'u-9' }, []],
    ['on another connection', { connection: 'crm', text: 'refunds' }, []],
  ])('%s: the same whatever the pages', ([, query, expected]) => {
    for (const limit of [1, 2, 5, 100]) expect(sessionsOf(query, limit)).toEqual(expected)
  })
  test.for(['x', '[]', '[1]', '{"a":1}', '[1,2,3]', '["a","b"]'])('a place that was never given is refused: %s', (cursor) => {
    expect(() => library.page({ cursor })).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }))
  })
  test('what can be chosen is counted, and goes with what is removed', () => {
    expect(library.facets()).toMatchObject({
      people: [
        { value: 'u-1', label: 'Mira Okafor', count: 8 },
        { value: 'u-2', label: 'Ines Duarte', count: 4 },
      ],
      tools: [{ value: 'execute_sql' }, { value: 'drop_table', count: 3 }],
    })
    const other = openLibrary({ file: ':memory:', clock })
    const text = recordingText(recordsFixture(4))
    other.add(text, proofFixture(text), fixtureVerifierKey)
    expect(other.totals()).toMatchObject({ recordings: 1, records: 6 })
    other.remove(fixtureSession)
    expect(other.totals()).toEqual({ recordings: 0, records: 0, bytes: 0 })
    expect(other.facets().tools).toEqual([])
    other.close()
  })
})

describe('records of all sessions', () => {
  const found = (query: RecordQuery, limit: number) => {
    const hits: string[] = []
    for (let cursor: string | undefined; ;) {
      const page = library.find({ ...query, limit, ...(cursor === undefined ? {} : { cursor }) })
      hits.push(...page.hits.map(({ session, row }) => `${Number(session.slice(4))}.${row.seq}`))
      if (page.next === undefined) return hits
      cursor = page.next
    }
  }
  test.for<[string, RecordQuery, string[]]>([
    ['a rule', { text: '', rule: 'no-schema' }, ['8.3', '4.3', '0.3']],
    ['a tool, in some days', { text: '', tool: 'drop_table', from: dayOf(1), until: dayOf(8) }, ['4.3']],
    ['a verdict of a person: the request, and its answer', { text: '', verdict: 'denied', person: 'u-2' }, ['0.3', '0.4']],
    ['words and a tool', { text: 'select refunds', tool: 'drop_table' }, ['8.3', '4.3', '0.3']],
    ['words of which one is nowhere', { text: 'refunds kraken' }, []],
    ['nothing at all', { text: '' }, []],
    ['signs only', { text: '***' }, []],
  ])('%s', ([, query, expected]) => {
    for (const limit of [1, 2, 50]) expect(found(query, limit)).toEqual(expected)
  })
  test('each hit has a piece around the words, and where they are in it', () => {
    const [hit] = library.find({ text: 'ref' }).hits
    expect(hit?.excerpt).toContain('refunds')
    expect(hit?.marks.map(([start, end]) => hit.excerpt.slice(start, end))).toContain('ref')
  })
  test('a word cannot pose as a value that is filtered by', () => {
    expect(found({ text: 'mira', person: 'u-2' }, 50)).toEqual([])
    expect(found({ text: '" OR facet:x', person: 'u-2' }, 50)).toEqual([])
  })
})

describe('a library of an earlier version', () => {
  test('is rebuilt from its lines', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-earlier-'))
    const file = join(folder, 'library.sqlite')
    const text = recordingText(recordsFixture(6))
    const database = new Database(file)
    database.exec(`
      CREATE TABLE recording (session TEXT PRIMARY KEY, started_at TEXT NOT NULL, summary TEXT NOT NULL, heading TEXT NOT NULL, origin TEXT NOT NULL,
        proof TEXT NOT NULL, verifier_key TEXT NOT NULL, checkpoint_size INTEGER, checkpoint_root TEXT, proof_state TEXT NOT NULL,
        first_record INTEGER NOT NULL, records INTEGER NOT NULL) STRICT;
      CREATE INDEX recording_by_time ON recording (started_at DESC, session);
      CREATE INDEX recording_by_origin ON recording (origin);
      CREATE INDEX recording_by_record ON recording (first_record);
      CREATE TABLE replay (session TEXT PRIMARY KEY REFERENCES recording (session) ON DELETE CASCADE, rows TEXT NOT NULL) STRICT;
      CREATE TABLE record (id INTEGER PRIMARY KEY, line BLOB NOT NULL) STRICT;
      CREATE VIRTUAL TABLE record_text USING fts5 (body, tool, rule, content = '', contentless_delete = 1, prefix = '2 3');
      CREATE TABLE link (session TEXT PRIMARY KEY REFERENCES recording (session) ON DELETE CASCADE, size INTEGER NOT NULL, root TEXT NOT NULL,
        seen_at TEXT NOT NULL, hashes TEXT NOT NULL) STRICT;`)
    const lines = text.trimEnd().split('\n')
    database
      .prepare("INSERT INTO recording VALUES (?, '2026', '{}', '', 'gate.example/log', ?, ?, NULL, NULL, 'verified', 1, ?)")
      .run(fixtureSession, proofFixture(text), fixtureVerifierKey, lines.length)
    for (const [at, line] of lines.entries()) database.prepare('INSERT INTO record VALUES (?, ?)').run(at + 1, Buffer.from(line))
    database.close()

    const opened = openLibrary({ file, clock })
    expect(opened.page().rows).toMatchObject([{ session: fixtureSession, proof: 'unchecked', records: 8 }])
    expect(opened.search(fixtureSession, 'refunds')).toEqual([1, 3, 5])
    expect(opened.open(fixtureSession).columns.count).toBe(8)
    expect(opened.verify(fixtureSession)).toMatchObject({ verified: true })
    opened.close()
    // and is not rebuilt again
    const again = openLibrary({ file, clock })
    expect(again.page().rows).toMatchObject([{ proof: 'verified' }])
    again.close()
    rmSync(folder, { recursive: true })
  })
})

test('what comes before a page, and what is not removed, is not walked over', () => {
  const database = openLibraryDatabase(':memory:')
  const add = database.prepare("INSERT INTO record_text (rowid, body, tool, rule, facet) VALUES (?, 'refunds', '', '', '')")
  const base = recordIdBase('2026-11-22T08:00:00.000Z')
  for (let at = 0; at < 60; at += 1) add.run(base + at)
  let walked = 0
  database.function('walked', () => {
    walked += 1
    return 1
  })
  const counted = (sql: string) => {
    walked = 0
    return database.prepare<[number, number], number>(sql.replace(rowidBetween, `walked() AND ${rowidBetween}`))
  }
  const found = counted(`SELECT rowid FROM record_text WHERE record_text MATCH 'refunds' AND ${rowidBetween} ORDER BY rowid`).pluck()
  expect(found.all(base + 50, base + 53)).toEqual([50, 51, 52].map((at) => base + at))
  expect(walked).toBeLessThanOrEqual(4)
  expect(counted(`DELETE FROM record_text WHERE ${rowidBetween}`).run(base + 50, base + 53).changes).toBe(3)
  expect(walked).toBeLessThanOrEqual(4)
  database.close()
})
