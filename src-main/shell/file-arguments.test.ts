import { expect, test } from 'vitest'
import { fileArguments } from './file-arguments.ts'

test.for([
  ['a pack', ['gatehouse', '/tmp/pack.zip'], ['/tmp/pack.zip']],
  ['where it was typed', ['electron', '.', 'audit/pack.zip'], ['/home/helene/audit/pack.zip']],
  ['a recording', ['gatehouse', '--no-sandbox', '/tmp/ses_1.jsonl'], ['/tmp/ses_1.jsonl']],
  ['in capitals', ['gatehouse', '/tmp/PACK.ZIP'], ['/tmp/PACK.ZIP']],
  ['several at once', ['gatehouse', 'a.zip', '/tmp/b.tlog-proof'], ['/home/helene/a.zip', '/tmp/b.tlog-proof']],
  ['nothing', ['gatehouse'], []],
  ['the program itself', ['/opt/gatehouse.zip'], []],
  ['a switch', ['gatehouse', '--open=/tmp/pack.zip'], []],
  ['a link', ['gatehouse', 'gatehouse://open/pack.zip'], []],
  ['an address', ['gatehouse', 'https://evil.example/pack.zip'], []],
  ['another file', ['gatehouse', '/etc/passwd'], []],
  ['a name with a zero in it', ['gatehouse', '/tmp/a\0.zip'], []],
] as const)('%s', ([, argv, expected]) => {
  expect(fileArguments(argv, '/home/helene')).toEqual(expected)
})
