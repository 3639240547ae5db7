import { expect, test } from 'vitest'
import { bytesText, spaceText } from './storage-words.ts'

test.for([
  [0, '0 MB'],
  [512e6, '512 MB'],
  [48.25e9, '48.3 GB'],
  [2e12, '2.0 TB'],
] as const)('%i bytes are %s', ([bytes, text]) => {
  expect(bytesText(bytes)).toBe(text)
})

test('room is told of the whole', () => {
  expect(spaceText({ freeBytes: 1.5e9, totalBytes: 1e12 })).toBe('1.5 GB of 1.0 TB free')
})
