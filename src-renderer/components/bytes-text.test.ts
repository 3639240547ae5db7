import { expect, test } from 'vitest'
import { bytesText } from './bytes-text.ts'

test.for([
  [0, '0 kB'],
  [1, '1 kB'],
  [512e6, '512 MB'],
  [48.25e9, '48.3 GB'],
  [2e12, '2.0 TB'],
] as const)('%i bytes are %s', ([bytes, text]) => {
  expect(bytesText(bytes)).toBe(text)
})
