import { expect, test } from 'vitest'
import { readResult } from './tester-result.ts'

test.for([
  ['a text block', { content: [{ type: 'text', text: 'done' }] }, 'done', false],
  ['JSON in a text block', { content: [{ type: 'text', text: '[{"a":1}]' }] }, '[\n  {\n    "a": 1\n  }\n]', false],
  ['an error of the tool', { content: [{ type: 'text', text: 'no such table' }], isError: true }, 'no such table', true],
  [
    'another kind of block',
    { content: [{ type: 'image', mimeType: 'image/png' }] },
    '{\n  "type": "image",\n  "mimeType": "image/png"\n}',
    false,
  ],
  ['no content at all', { tools: [] }, '{\n  "tools": []\n}', false],
  ['nothing', undefined, 'null', false],
] as const)('%s is shown as text', ([, result, text, isError]) => {
  expect(readResult(result)).toEqual({ text, isError })
})
