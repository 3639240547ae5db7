import { expect, test } from 'vitest'
import { fileArgument } from './file-argument.ts'

test.for([
  ['a pack', ['gatehouse', '/tmp/pack.zip'], '/tmp/pack.zip'],
  ['where it was typed', ['electron', '.', 'audit/pack.zip'], '/home/helene/audit/pack.zip'],
  ['a recording', ['gatehouse', '--no-sandbox', '/tmp/ses_1.jsonl'], '/tmp/ses_1.jsonl'],
  ['in capitals', ['gatehouse', '/tmp/PACK.ZIP'], '/tmp/PACK.ZIP'],
  ['nothing', ['gatehouse'], undefined],
  ['the program itself', ['/opt/gatehouse.zip'], undefined],
  ['a switch', ['gatehouse', '--open=/tmp/pack.zip'], undefined],
  ['a link', ['gatehouse', 'gatehouse://open/pack.zip'], undefined],
  ['an address', ['gatehouse', 'https://evil.example/pack.zip'], undefined],
  ['another file', ['gatehouse', '/etc/passwd'], undefined],
  ['a name with a zero in it', ['gatehouse', '/tmp/a\0.zip'], undefined],
] as const)('%s', ([, argv, expected]) => {
  expect(fileArgument(argv, '/home/helene')).toBe(expected)
})
