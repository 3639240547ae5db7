import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { parseMessage } from '../../src-core/json/parse-message.ts'
import type { JsonValue } from '../../src-core/json/json-value.ts'
import { loadMasking, type Masking } from '../../src-core/masking/load-masking.ts'
import { maskMessage } from '../../src-core/masking/mask-message.ts'
import { maskRpc } from '../../src-core/masking/mask-rpc.ts'
import { createAttemptPolicy } from '../bypass/attempt-policy.ts'
import { pathAttempts, uncaughtFiles, urlAttempts } from '../bypass/file-attempts.ts'
import { maskingAttempts, uncaughtValues } from '../bypass/masking-attempts.ts'
import { mediaAttempts, uncaughtMedia } from '../bypass/media-attempts.ts'
import { argumentAttempts, messageAttempts, nameAttempts } from '../bypass/message-attempts.ts'
import { sqlAttempts, uncaughtSql } from '../bypass/sql-attempts.ts'

/**
 * Attempts to get what is forbidden past policy and masking: each is refused, held or masked as its row says. What cannot be caught stands
 * in the page too, and a row of it that is caught one day fails here, so that the page stays true.
 */
let decide: Awaited<ReturnType<typeof createAttemptPolicy>>
let masking: Masking

beforeAll(async () => {
  decide = await createAttemptPolicy()
  const load = loadMasking(readFileSync(join(import.meta.dirname, '../../demo/masking.yaml'), 'utf8'))
  if (!load.ok) throw new Error(JSON.stringify(load.problems))
  masking = load.masking
})

const query = (sql: string, dialect?: (typeof sqlAttempts)[number][3]) =>
  decide({ connection: 'db', tool: 'query', args: { sql }, ...(dialect && { dialect }) })
const masked = (result: unknown) =>
  maskMessage(masking, JSON.stringify({ jsonrpc: '2.0', id: 1, result }), { connection: 'customers-db', tool: 'execute_sql' })

describe('SQL', () => {
  test('what is allowed is', () => {
    expect(query('SELECT a, count(*) FROM orders WHERE b = 1 GROUP BY a')).toBe('allow read')
    for (const dialect of ['postgresql', 'mysql', 'sqlite', 'tsql'] as const) expect(query('SELECT a FROM t', dialect)).toBe('allow read')
  })
  test.for(sqlAttempts)('%s', ([, sql, outcome, dialect]) => {
    expect(query(sql, dialect)).toBe(outcome)
  })
  test.for(uncaughtSql)('cannot be caught: %s', ([, sql]) => {
    expect(query(sql)).not.toMatch(/^deny/)
  })
})

describe('paths', () => {
  const read = (path: unknown) => decide({ connection: 'files', tool: 'read_file', args: { path: path as JsonValue } })
  test('what is allowed is', () => {
    expect(read('/srv/data/2026/report one.csv')).toBe('allow files')
  })
  test.for(pathAttempts)('%s', ([, path]) => {
    expect(read(path)).toMatch(/^deny/)
  })
})

describe('addresses', () => {
  const fetchUrl = (url: unknown) => decide({ connection: 'web', tool: 'fetch', args: { url: url as JsonValue } })
  test('what is allowed is', () => {
    expect(fetchUrl('https://www.example.com/a?b=c')).toBe('allow fetch')
  })
  test.for(urlAttempts)('%s', ([, url]) => {
    expect(fetchUrl(url)).toMatch(/^deny/)
  })
})

test.for(uncaughtFiles)('cannot be caught: %s', ([, call]) => {
  expect(decide(call)).toMatch(/^allow/)
})

describe('names', () => {
  test.for(nameAttempts)('%s', ([, method, tool]) => {
    expect(decide({ connection: 'db', method, tool: tool as string, args: { sql: 'SELECT 1' } })).toBe('deny default')
  })
})

describe('names of arguments', () => {
  test('what is allowed is', () => {
    expect(decide({ connection: 'runner', tool: 'run', args: { command: 'status', Verbose: true, verbose: true } })).toBe('allow run')
    expect(decide({ connection: 'runner', tool: 'list', args: { filter: { path: '/srv/a', Depth: 1 } } })).toBe('allow list')
  })
  test.for(argumentAttempts)('%s', ([, call]) => {
    expect(decide(call)).toMatch(/^deny/)
  })
})

describe('messages', () => {
  const parse = (bytes: string | Uint8Array) =>
    parseMessage(typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes, { maxBytes: 1_000_000, maxDepth: 128 })
  test.for(messageAttempts)('%s', ([, bytes, code]) => {
    expect(parse(bytes)).toMatchObject({ ok: false, code })
  })
})

describe('values', () => {
  test('what is harmless stays', () => {
    const result = { content: [{ type: 'text', text: 'order 20261122 of 16 items, version 1.2.3' }] }
    expect(masked(result).masks).toEqual([])
  })
  test.for(maskingAttempts)('%s', ([, result, raw]) => {
    expect(JSON.stringify(result)).toContain(JSON.stringify(raw).slice(1, -1))
    const { text, masks } = masked(result)
    expect(masks).not.toEqual([])
    expect(text).not.toContain(JSON.stringify(raw).slice(1, -1))
    expect(JSON.stringify(JSON.parse(text))).not.toContain(raw)
  })
  test.for(uncaughtValues)('cannot be caught: %s', ([, result, raw]) => {
    expect(masked(result).text).toContain(raw)
  })
})

describe('content that is no text', () => {
  const load = loadMasking('version: 1\nrules: [{ id: media, media: [image, audio, file, unknown], because: It is text alone. }]\n')
  if (!load.ok) throw new Error('the document is not valid')
  const leftOf = (result: unknown) => {
    const message = { jsonrpc: '2.0', id: 1, result: result as JsonValue }
    const { text, delivered = text, masks } = maskRpc(load.masking, JSON.stringify(message), { connection: 'db' }, message)
    return { recorded: JSON.stringify(JSON.parse(text)), delivered: JSON.stringify(JSON.parse(delivered)), masks }
  }
  test.for(mediaAttempts)('%s', ([, result, raw]) => {
    expect(JSON.stringify(result)).toContain(raw)
    const { recorded, delivered, masks } = leftOf(result)
    expect(masks).not.toEqual([])
    for (const left of [recorded, delivered]) expect(left).not.toContain(raw)
  })
  test.for(uncaughtMedia)('cannot be caught: %s', ([, result, raw]) => {
    expect(leftOf(result).delivered).toContain(raw)
  })
})

/** `npx vitest run --project unit test/unit/bypass-corpus.test.ts -u` writes the page afresh. */
test('docs/bypass-corpus.md lists every attempt, and what cannot be caught', async () => {
  const groups: [string, string, readonly (readonly [string, ...unknown[]])[], (row: readonly unknown[]) => string][] = [
    ['SQL', 'held, or denied as the row says', sqlAttempts, (row) => String(row[2]).split(' ')[0] ?? ''],
    ['Paths of files', 'denied', pathAttempts, () => 'deny'],
    ['Addresses', 'denied', urlAttempts, () => 'deny'],
    ['Names of tools and methods', 'denied by default', nameAttempts, () => 'deny'],
    ['Names of arguments', 'denied', argumentAttempts, () => 'deny'],
    ['Messages', 'refused before anybody decides', messageAttempts, (row) => `\`${String(row[2])}\``],
    ['Values in results', 'masked', maskingAttempts, () => 'masked'],
    ['Content that is no text', 'left out, where a rule says so', mediaAttempts, () => 'left out'],
  ]
  const count = groups.reduce((sum, [, , rows]) => sum + rows.length, 0)
  expect(count).toBeGreaterThan(150)
  const page = [
    '# Attempts to get past policy and masking',
    '',
    `${count} attempts, run in every \`npm test\` (\`test/unit/bypass-corpus.test.ts\`); this page is written from them. What cannot be caught is at its end.`,
    ...groups.flatMap(([title, what, rows, outcome]) => [
      '',
      `## ${title}: ${what}`,
      '',
      '| attempt | outcome |',
      '|---|---|',
      ...rows.map((row) => `| ${row[0]} | ${outcome(row)} |`),
    ]),
    '',
    '## What cannot be caught',
    '',
    'These get through, so that rules and rights elsewhere have to be made for them.',
    '',
    '| attempt | why, and what helps |',
    '|---|---|',
    ...[...uncaughtSql, ...uncaughtFiles].map(([name, , why]) => `| ${name} | ${why} |`),
    ...[...uncaughtValues, ...uncaughtMedia].map(([name, , , why]) => `| ${name} | ${why} |`),
    '',
  ]
  await expect(page.join('\n')).toMatchFileSnapshot('../../docs/bypass-corpus.md')
})
