import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { errors } from '../../src-protocol/errors.ts'

const root = join(import.meta.dirname, '../..')
const rows = readFileSync(join(root, 'docs', 'faults.md'), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| what goes wrong'))
  .map((line) => line.slice(2, -2).split(' | '))

describe('docs/faults.md', () => {
  test('has rows of three cells', () => {
    expect(rows.length).toBeGreaterThan(50)
    expect(rows.filter((cells) => cells.length !== 3)).toEqual([])
  })

  test.for(rows)('%s: its codes exist, and so do its tests', ([, seen = '', proven = '']) => {
    const codes = [...seen.matchAll(/`([A-Z_]{4,})`/g)].map(([, code]) => code)
    expect(codes.filter((code) => !Object.hasOwn(errors, code ?? ''))).toEqual([])

    const named = [...proven.matchAll(/`([\w./-]+\.test\.ts)`: “([^”]+)”(?:; |$)/g)]
    expect(named.map(([whole]) => whole).join('')).toBe(proven)
    expect(named.length).toBeGreaterThan(0)
    for (const [, file = '', title = ''] of named) {
      const text = readFileSync(join(root, file.includes('/') ? '' : 'test/integration', file), 'utf8')
      expect(text, `${file} has no test “${title}”`).toContain(title)
    }
  })
})
