import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { detectors, type DetectorName } from './detectors.ts'

function find(kind: DetectorName, text: string): string[] {
  const found: string[] = []
  detectors[kind](text, (start, end) => found.push(text.slice(start, end)))
  return found
}

describe('card', () => {
  test.for([
    ['plain', 'pay 4111111111111111 now', ['4111111111111111']],
    ['in groups', '4111 1111 1111 1111', ['4111 1111 1111 1111']],
    ['with hyphens', '5500-0000-0000-0004', ['5500-0000-0000-0004']],
    ['American Express, 15 digits', '3782 822463 10005', ['3782 822463 10005']],
    ['with 19 digits', '6304000000000000000 ', ['6304000000000000000']],
    ['next to another number', 'row 7 4111111111111111 12', ['4111111111111111']],
    ['two in a row', '4111111111111111 5500000000000004', ['4111111111111111', '5500000000000004']],
    ['in a word', 'card=4111111111111111;', ['4111111111111111']],
  ] as const)('is found %s', ([, text, expected]) => expect(find('card', text)).toEqual(expected))

  test.for([
    ['check digit is wrong', '4111111111111112'],
    ['it is a timestamp', '1732291200000'],
    ['the run is too long', '41111111111111110000000'],
    ['it has eleven digits', '41111111111'],
    ['it is a UUID', '123e4567-e89b-12d3-a456-426614174000'],
  ] as const)('is not found when %s', ([, text]) => expect(find('card', text)).toEqual([]))
})

describe('iban', () => {
  test.for([
    ['plain', 'to DE89370400440532013000.', ['DE89370400440532013000']],
    ['in groups', 'GB29 NWBK 6016 1331 9268 19', ['GB29 NWBK 6016 1331 9268 19']],
    ['before a word', 'DE89 3704 0044 0532 0130 00 Berlin', ['DE89 3704 0044 0532 0130 00']],
    ['in lower case', 'fr1420041010050500013m02606', ['fr1420041010050500013m02606']],
  ] as const)('is found %s', ([, text, expected]) => expect(find('iban', text)).toEqual(expected))

  test.for([
    ['check digits are wrong', 'DE88370400440532013000'],
    ['the country has none', 'XX89370400440532013000'],
    ['it is part of a longer word', 'DE893704004405320130001'],
  ] as const)('is not found when %s', ([, text]) => expect(find('iban', text)).toEqual([]))
})

describe('email', () => {
  test.for([
    ['plain', 'mail mira.okafor@acme.example please', ['mira.okafor@acme.example']],
    ['at the end of a sentence', 'Ask a@b.org.', ['a@b.org']],
    ['with a tag', 'a+tag@mail.b-c.co.uk', ['a+tag@mail.b-c.co.uk']],
    ['two', 'a@b.org,c@d.org', ['a@b.org', 'c@d.org']],
    ['with letters of any script', 'jürgen@büro.de', ['jürgen@büro.de']],
  ] as const)('is found %s', ([, text, expected]) => expect(find('email', text)).toEqual(expected))

  test.for([
    ['there is no domain', 'a@'],
    ['it is a package', '@scope/name'],
    ['the domain has no dot', 'root@localhost'],
    ['it is a version', 'pkg@1.2.3'],
  ] as const)('is not found when %s', ([, text]) => expect(find('email', text)).toEqual([]))
})

describe('ssn', () => {
  test.for([
    ['with hyphens', 'ssn 123-45-6789', ['123-45-6789']],
    ['with spaces', '123 45 6789', ['123 45 6789']],
  ] as const)('is found %s', ([, text, expected]) => expect(find('ssn', text)).toEqual(expected))

  test.for([
    ['the area was never issued', '666-45-6789'],
    ['the area is 9xx', '900-45-6789'],
    ['the group is 00', '123-00-6789'],
    ['the serial is 0000', '123-45-0000'],
    ['it is part of a longer number', '0123-45-67890'],
  ] as const)('is not found when %s', ([, text]) => expect(find('ssn', text)).toEqual([]))
})

test('no text makes a detector throw or report a place outside it', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<DetectorName>('card', 'iban', 'email', 'ssn'),
      fc.string({ unit: 'binary', maxLength: 400 }),
      (kind, text) => {
        detectors[kind](text, (start, end) => {
          expect(start).toBeGreaterThanOrEqual(0)
          expect(end).toBeGreaterThan(start)
          expect(end).toBeLessThanOrEqual(text.length)
        })
      },
    ),
    { numRuns: 1000 },
  )
})
