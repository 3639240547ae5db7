import { expect, test } from 'vitest'
import { highlightCode, type CodeLanguage } from './highlight-code.ts'

const samples: [CodeLanguage, string][] = [
  ['json', '{"a": "b: \\"c\\"", "d": [1, true]}'],
  ['yaml', 'rules:\n  - id: x # why\n    effect: deny\n    because: "It: is"'],
  ['shell', "claude mcp add --transport http 'a b' \\\n  --header x"],
  ['text', 'anything\n\nat all'],
]

test.for(samples)('highlighting %s changes no character', ([language, text]) => {
  const lines = highlightCode(text, language)
  expect(lines.map((pieces) => pieces.map((piece) => piece.text).join('')).join('\n')).toBe(text)
})

test('an effect stands out in a policy', () => {
  const [line] = highlightCode('    effect: deny', 'yaml')
  expect(line).toEqual([
    { kind: 'plain', text: '    ' },
    { kind: 'key', text: 'effect' },
    { kind: 'plain', text: ': ' },
    { kind: 'keyword', text: 'deny' },
  ])
})
