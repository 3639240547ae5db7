import { expect, test } from 'vitest'
import { splitMasked } from './split-masked.ts'

const masks = [{ kind: 'card' }, { kind: 'email' }, { kind: 'iban' }]

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
  [
    'what an action leaves',
    '[MASKED:card …1111] [MASKED:iban #mzk3f7][DROPPED:email]',
    [
      { masked: true, kind: 'card', left: '…1111' },
      { masked: false, text: ' ' },
      { masked: true, kind: 'iban', left: '#mzk3f7' },
      { masked: true, kind: 'email', left: 'dropped' },
    ],
  ],
  ['what only looks like a token', '[MASKED:] [masked:card]', [{ masked: false, text: '[MASKED:] [masked:card]' }]],
  ['a token of a kind that was not masked', 'a [MASKED:ssn]', [{ masked: false, text: 'a [MASKED:ssn]' }]],
  ['nothing', '', []],
] as const)('text is split at its mask tokens: %s', ([, text, pieces]) => {
  expect(splitMasked(text, masks)).toEqual(pieces)
})

test('where nothing was masked, every token is only text', () => {
  expect(splitMasked('[MASKED:card]', [])).toEqual([{ masked: false, text: '[MASKED:card]' }])
})
