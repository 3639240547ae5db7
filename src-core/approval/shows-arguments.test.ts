import { describe, expect, test } from 'vitest'
import { showsArguments } from './shows-arguments.ts'

const shows = (shown: string, real: string) => showsArguments(shown, Buffer.from(real))

describe('what reviewers are shown', () => {
  test.each([
    ['the arguments as they are', '{"sql":"DROP TABLE a","n":5}', '{"sql":"DROP TABLE a","n":5}'],
    ['other white space', '{ "sql" : "DROP TABLE a" }', '{"sql":"DROP TABLE a"}'],
    ['a masked value', '{"card":"[MASKED:card]"}', '{"card":"4111111111111111"}'],
    ['a masked number', '{"card":"[MASKED:card]"}', '{"card":4111111111111111}'],
    ['a masked object', '{"person":"[MASKED:field]"}', '{"person":{"name":"Olivia"}}'],
    [
      'masks in a text, of every form',
      '{"sql":"SET a=\'[MASKED:card …1111]\', b=\'[MASKED:iban #a1b2]\'[DROPPED:x]"}',
      '{"sql":"SET a=\'4111\', b=\'DE12\';"}',
    ],
    ['a masked name', '{"[MASKED:email]":1}', '{"olivia@acme.example":1}'],
    ['a list', '{"a":[1,"[MASKED:x]",null]}', '{"a":[1,"two",null]}'],
    ['what looks like a mask and is none', '{"a":"[MASKED:card]"}', '{"a":"[MASKED:card]"}'],
    ['no arguments', '{}', ''],
  ])('is %s', (_, shown, real) => {
    expect(shows(shown, real)).toBe(true)
  })

  test.each([
    ['another text', '{"sql":"SELECT 1"}', '{"sql":"DROP TABLE a"}'],
    ['another text beside a mask', '{"sql":"SELECT [MASKED:x]"}', '{"sql":"DROP TABLE a"}'],
    ['another end beside a mask', '{"sql":"DELETE [MASKED:x] WHERE id=1"}', '{"sql":"DELETE FROM a"}'],
    ['a mask that would have to overlap its neighbours', '{"a":"xy[MASKED:x]yz"}', '{"a":"xyz"}'],
    ['less', '{"a":1}', '{"a":1,"force":true}'],
    ['more', '{"a":1,"dryRun":true}', '{"a":1}'],
    ['another number', '{"a":1}', '{"a":2}'],
    ['another name', '{"dryRun":true}', '{"force":true}'],
    ['another order of a list', '{"a":[1,2]}', '{"a":[2,1]}'],
    ['a shorter list', '{"a":[1]}', '{"a":[1,2]}'],
    ['a text for a number', '{"a":"1"}', '{"a":1}'],
    ['a name twice', '{"sql":"SELECT 1","sql":"DROP TABLE a"}', '{"sql":"DROP TABLE a"}'],
    ['something behind it', '{"a":1},"b":{"c":2}', '{"a":1}'],
    ['no JSON', 'DROP TABLE a', '{"a":1}'],
    ['something, of no arguments', '{"a":1}', ''],
  ])('is not %s', (_, shown, real) => {
    expect(shows(shown, real)).toBe(false)
  })
})
