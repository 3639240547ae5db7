import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const rows = readFileSync(join(root, 'docs', 'approvals.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (promise|---)/.test(line))
  .map((line) =>
    line
      .slice(2, -2)
      .split(' | ')
      .map((cell) => cell.trim()),
  )

describe('docs/approvals.md', () => {
  test('has each promise once', () => {
    const numbers = rows.flatMap(([promise = '']) => /^(\d+)\. /.exec(promise)?.[1] ?? []).map(Number)
    // 11, break-glass, is not built yet
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12])
    expect(rows.filter((cells) => cells.length !== 2)).toEqual([])
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
