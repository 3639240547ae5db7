import { expect, test } from 'vitest'
import { spaceText } from './storage-words.ts'

test('room is told of the whole', () => {
  expect(spaceText({ freeBytes: 1.5e9, totalBytes: 1e12 })).toBe('1.5 GB of 1.0 TB free')
})
