import { expect, test } from 'vitest'
import { splitMasked } from './split-masked.ts'

test.for([
  ['no token', 'SELECT 1', [{ masked: false, text: 'SELECT 1' }]],
  [
    'one token within text',
    'card [MASKED:card].',
    [
      { masked: false, text: 'card ' },
      { masked: true, kind: 'card' },
      { masked: false, text: '.' },
    ],
  ],
  [
    'tokens side by side',
    '[MASKED:email][MASKED:iban]',
    [
      { masked: true, kind: 'email' },
      { masked: true, kind: 'iban' },
    ],
  ],
  ['what only looks like a token', '[MASKED:] [masked:card]', [{ masked: false, text: '[MASKED:] [masked:card]' }]],
  ['nothing', '', []],
] as const)('text is split at its mask tokens: %s', ([, text, pieces]) => {
  expect(splitMasked(text)).toEqual(pieces)
})
