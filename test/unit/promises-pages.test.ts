import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')

/** The table “Promises, and their tests” of a page: promise, and what proves it. */
function promisesOf(page: string): string[][] {
  const [, section = ''] = readFileSync(join(root, 'docs', page), 'utf8').split('## Promises, and their tests\n')
  const [table = ''] = section.split('\n## ')
  return table
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (promise|---)/.test(line))
    .map((line) =>
      line
        .slice(2, -2)
        .split(' | ')
        .map((cell) => cell.trim()),
    )
}

const upTo = (last: number): number[] => Array.from({ length: last }, (_, at) => at + 1)

/** how many promises a page makes, and the numbers of those that have one */
const pages = [
  { page: 'policies.md', promises: 17, numbers: [] },
  { page: 'masking.md', promises: 8, numbers: upTo(8) },
  { page: 'access.md', promises: 6, numbers: [] },
  { page: 'approvals.md', promises: 14, numbers: upTo(12) },
]

describe.for(pages)('docs/$page', ({ page, promises, numbers }) => {
  const rows = promisesOf(page)

  test('has each promise once', () => {
    const numbered = rows.flatMap(([promise = '']) => /^(\d+)\. /.exec(promise)?.[1] ?? []).map(Number)
    expect(numbered).toEqual(numbers)
    expect(rows.filter((cells) => cells.length !== 2)).toEqual([])
    expect(rows.length).toBeGreaterThanOrEqual(promises)
    expect(new Set(rows.map(([promise]) => promise)).size).toBe(rows.length)
  })

  test.for(rows)('%s: its tests exist', ([, proven = '']) => {
    const named = [...proven.matchAll(/`([\w./-]+\.test\.ts)`: “(.+?)”(?:; (?=`)|$)/g)]
    expect(named.map(([whole]) => whole).join('')).toBe(proven)
    expect(named.length).toBeGreaterThan(0)
    for (const [, file = '', title = ''] of named) {
      const text = readFileSync(join(root, file.includes('/') ? '' : 'test/integration', file), 'utf8')
      expect(text, `${file} has no test “${title}”`).toContain(title)
    }
  })
})
