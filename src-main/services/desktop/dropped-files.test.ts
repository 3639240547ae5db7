import { expect, test } from 'vitest'
import { filesToOpen } from './dropped-files.ts'

test.for([
  ['an export of the library', ['/e/ses_1.jsonl', '/e/ses_1.tlog-proof', '/e/gate.pub'], ['/e/ses_1.jsonl']],
  ['two packs', ['/a.zip', '/b.zip'], ['/a.zip', '/b.zip']],
  ['one twice', ['/a.zip', '/a.zip'], ['/a.zip']],
  ['a proof of another recording', ['/e/ses_1.jsonl', '/e/ses_2.tlog-proof'], ['/e/ses_1.jsonl', '/e/ses_2.tlog-proof']],
  ['a proof of the same name elsewhere', ['/e/ses_1.jsonl', '/f/ses_1.tlog-proof'], ['/e/ses_1.jsonl', '/f/ses_1.tlog-proof']],
  ['a key alone: it is told why not', ['/e/gate.pub'], ['/e/gate.pub']],
] as const)('of %s, what is to be opened', ([, dropped, opened]) => {
  expect(filesToOpen(dropped)).toEqual(opened)
})
