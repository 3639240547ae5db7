import { expect, test } from 'vitest'
import { missedText } from './missed-text.ts'

test('says how many records were not shown, and why', () => {
  expect(missedText([])).toBe('')
  expect(missedText([{ from: 3, to: 3, why: 'large' }])).toBe('1 record too large to be shown live. The recording has all of them.')
  expect(
    missedText([
      { from: 0, to: 1199, why: 'behind' },
      { from: 1300, to: 1301, why: 'large' },
    ]),
  ).toBe('1,200 records passed before they could be shown, 2 records too large to be shown live. The recording has all of them.')
})
