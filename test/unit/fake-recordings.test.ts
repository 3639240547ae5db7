import { expect, test } from 'vitest'
import { replayRowsOf } from '../../src-core/recording/replay-rows.ts'
import { sessionRecord } from '../../src-protocol/recording.ts'
import { libraryRow } from '../../src-protocol/library-row.ts'
import { replayRow } from '../../src-protocol/desktop-library.ts'
import { verification } from '../../src-protocol/verification.ts'
import { fakeLibraryRows, manyReplayRows, ordersRecording, rootMismatch, verifiedProof } from '../fakes/fake-recordings.ts'

test('the fake recording is one that the contract accepts', () => {
  const records = ordersRecording()
  expect(records.length).toBeGreaterThan(200)
  for (const record of records) expect(sessionRecord.safeParse(record).error).toBeUndefined()
  for (const row of replayRowsOf(records)) expect(replayRow.safeParse(row).error).toBeUndefined()
})

test('the other fakes keep to the contract too', () => {
  for (const row of fakeLibraryRows()) expect(libraryRow.safeParse(row).error).toBeUndefined()
  for (const row of manyReplayRows(50)) expect(replayRow.safeParse(row).error).toBeUndefined()
  expect(verification.safeParse(verifiedProof(214, 88)).error).toBeUndefined()
  expect(verification.safeParse(rootMismatch(214, 88)).error).toBeUndefined()
})
