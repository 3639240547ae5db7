import { expect, test } from 'vitest'
import { documentChange } from './document-change.ts'

const base = 'a'.repeat(64)
const policy = (...rules: string[]) => `version: 1\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`
const rule = (id: string, more = 'effect: allow') => `{ id: ${id}, match: {}, ${more}, because: A test says so. }`

test('says which rules were added, changed in which of their parts, and removed, and how many lines', () => {
  const before = policy(rule('one'), rule('two'), rule('three'))
  const after = policy(rule('one'), rule('two', 'when: "true", effect: deny'), rule('four'))
  expect(documentChange('policy', { version: base, text: before }, after)).toEqual({
    base,
    linesAdded: 2,
    linesRemoved: 2,
    rules: { added: ['four'], changed: [{ rule: 'two', parts: ['effect', 'when'] }], removed: ['three'] },
    other: [],
  })
})

test('another order, comments and defaults that are spelled out change lines and no rule', () => {
  const before = policy(rule('one'), rule('two'))
  const after = `# sorted\n${policy(rule('two'), rule('one', 'effect: allow, match: { tools: ["*"] }').replace('match: {}, ', ''))}`
  const { rules, other, linesAdded } = documentChange('policy', { version: base, text: before }, after)
  expect([rules, other]).toEqual([{ added: [], changed: [], removed: [] }, []])
  expect(linesAdded).toBeGreaterThan(0)
})

test('never says what stands in a rule: words that are masked would lie in the log', () => {
  const masking = (word: string) => policy(`{ id: unannounced, words: [${word}], because: Not announced yet. }`)
  const change = documentChange('masking', { version: base, text: masking('Kingfisher') }, `name: All\n${masking('Blue Heron')}`)
  expect(change).toMatchObject({ rules: { changed: [{ rule: 'unannounced', parts: ['words'] }] }, other: ['name'] })
  expect(JSON.stringify(change)).not.toMatch(/Heron|Kingfisher/)
})

test('of very many rules the first are named and the rest counted; a text that cannot be read has lines alone', () => {
  const many = policy(...Array.from({ length: 300 }, (_, at) => rule(`r${at}`)))
  const { rules } = documentChange('policy', { version: base, text: policy(rule('one')) }, many)
  expect([rules?.added.length, rules?.more, rules?.removed]).toEqual([200, 100, ['one']])
  expect(documentChange('policy', { version: base, text: 'rules: []\n' }, many)).toEqual({ base, linesAdded: 302, linesRemoved: 1 })
})
