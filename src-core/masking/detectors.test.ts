import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { detectors, type DetectorName } from './detectors.ts'

function find(kind: DetectorName, text: string, field?: string): string[] {
  const found: string[] = []
  detectors[kind](text, (start, end) => found.push(text.slice(start, end)), field)
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
    ['the issuer gives no such length', '4222222222222'],
    ['it is part of an IBAN', 'DE48 4591 7136 2810 2258 49'],
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
    ['in a URL', '/?mail=a@b.org&x', ['a@b.org']],
    ['in quotes', "'o'neil@b.org'", ["o'neil@b.org"]],
    ['of a returned mail', 'news+ada=acme@b.org', ['news+ada=acme@b.org']],
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

describe('phone', () => {
  test.for([
    ['in international form', 'call +49 151 12345678 now', ['+49 151 12345678']],
    ['without spaces', '+14155552671', ['+14155552671']],
    ['with the trunk zero', '+44 (0)20 7946 0958', ['+44 (0)20 7946 0958']],
    ['with 00', '0049 151 12345678', ['0049 151 12345678']],
    ['with brackets', '(415) 555-2671', ['(415) 555-2671']],
    ['with hyphens', 'tel:415-555-2671.', ['415-555-2671']],
    ['with dots', '415.555.2671', ['415.555.2671']],
    ['in French pairs', '01 42 68 53 00', ['01 42 68 53 00']],
    ['in British groups', '020 7946 0958', ['020 7946 0958']],
    ['with a slash', '030/1234567', ['030/1234567']],
  ] as const)('is found %s', ([, text, expected]) => expect(find('phone', text)).toEqual(expected))

  test.for([
    ['it is plain digits', '4155552671'],
    ['the area cannot exist', '123-456-7890'],
    ['the country code cannot exist', '+999 1234 5678'],
    ['it is too short for its country', '+49 1'],
    ['no such number exists and nobody grouped it', '+11111111111'],
    ['it is a time zone', '2024-11-22T10:15:00+01:00'],
    ['it is a date', '2024-11-22'],
    ['it is part of an order number', 'A-415-555-2671-9'],
    ['it is a UUID', '123e4567-e89b-12d3-a456-426614174000'],
    ['it is an address', '192.168.100.2671'],
  ] as const)('is not found when %s', ([, text]) => expect(find('phone', text)).toEqual([]))
})

describe('ip', () => {
  test.for([
    ['IPv4', 'from 10.20.30.40.', ['10.20.30.40']],
    ['with a port', '203.0.113.7:8080', ['203.0.113.7']],
    ['with a prefix length', '192.168.0.0/16', ['192.168.0.0']],
    ['in an address', 'http://10.0.0.5/x', ['10.0.0.5']],
    ['after a key', 'ip=10.0.0.5', ['10.0.0.5']],
    ['IPv6', 'to 2001:db8::8a2e:370:7334,', ['2001:db8::8a2e:370:7334']],
    ['IPv6 in full', '2001:0db8:85a3:0000:0000:8a2e:0370:7334', ['2001:0db8:85a3:0000:0000:8a2e:0370:7334']],
    ['IPv6 in brackets', '[fe80::1]:443', ['fe80::1']],
    ['IPv4 in IPv6', '::ffff:192.0.2.1', ['192.0.2.1', '::ffff:192.0.2.1']],
  ] as const)('is found %s', ([, text, expected]) => expect(find('ip', text)).toEqual(expected))

  test.for([
    ['it is a version', 'version 1.2.3.4'],
    ['it has a v', 'v1.2.3.4'],
    ['it is pinned', 'left-pad==1.2.3.4'],
    ['it is of a user agent', 'Mozilla Chrome/120.0.6099.5'],
    ['it is of a product', 'Chrome/120.0.0.0 Safari'],
    ['it is an object identifier', '1.3.6.1.4.1'],
    ['an octet is too large', '10.0.0.256'],
    ['an octet has a leading zero', '10.0.0.01'],
    ['it names no host', '127.0.0.1 0.0.0.0 255.255.255.0 ::1'],
    ['it is a time', '12:30:45'],
    ['it is a MAC address', '00:1b:44:11:3a:b7'],
    ['it is a name in a program', 'std::abc a::b dead::beef'],
    ['it has too many groups', '1:2:3:4:5:6:7:8:9'],
  ] as const)('is not found when %s', ([, text]) => expect(find('ip', text)).toEqual([]))

  test('is not found in a field that holds a version', () => {
    expect(find('ip', '1.2.3.4', 'agentVersion')).toEqual([])
    expect(find('ip', '1.2.3.4', 'host')).toEqual(['1.2.3.4'])
  })
})

const letters = 'aB3dE5gH7jK9mN1pQ2sT4vW6yZ8bC0dF2hJ4'
/** split, so that no scanner takes these for real ones */
const joined = (...parts: string[]): string => parts.join('')
const accessKey = joined('AK', 'IA', 'IOSFODNN7EXAMPLE')
const secretKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
const jwt = `${Buffer.from('{"alg":"HS256"}').toString('base64url')}.${Buffer.from('{"sub":"1"}').toString('base64url')}.${letters}`
const privateKey = joined('-----BEGIN RSA ', 'PRIVATE KEY-----\nMIIEow\n-----END RSA ', 'PRIVATE KEY-----')

describe('secret', () => {
  test.for([
    ['a private key', `x ${privateKey} y`, [privateKey]],
    ['a private key that was cut off', privateKey.slice(0, 40), [privateKey.slice(0, 40)]],
    ['an AWS pair', `${accessKey}, ${secretKey}.`, [accessKey, secretKey]],
    ['an AWS secret by its label', `aws_secret_access_key = ${secretKey}`, [secretKey]],
    ['GitHub', joined('token gh', 'p_', letters), [joined('gh', 'p_', letters)]],
    ['GitLab', joined('gl', 'pat-', letters.slice(0, 20)), [joined('gl', 'pat-', letters.slice(0, 20))]],
    ['Slack', joined('xo', 'xb-1234567890-', letters), [joined('xo', 'xb-1234567890-', letters)]],
    ['Stripe', joined('sk_', 'live_', letters), [joined('sk_', 'live_', letters)]],
    ['npm', joined('np', 'm_', letters), [joined('np', 'm_', letters)]],
    ['a JWT', `jwt=${jwt};`, [jwt]],
    ['a password in a URL', 'postgres://app:S3cr:t-pw@db.acme.example/x'.replace('cr:t', 'cret'), ['S3cret-pw']],
    ['a password without a user', 'redis://:hunter22@cache:6379', ['hunter22']],
    ['a password in a connection string', 'Server=db;User Id=app;Password=S3cret!9;', ['S3cret!9']],
    ['a bearer token', 'Authorization: Bearer abcDEF1234567890xyz', ['abcDEF1234567890xyz']],
    ['basic credentials', `Authorization: Basic ${btoa('ada:S3cret')}`, [btoa('ada:S3cret')]],
  ] as const)('is found: %s', ([, text, expected]) => expect(find('secret', text)).toEqual(expected))

  test('is found in a field that says so', () => {
    expect(find('secret', secretKey, 'SecretAccessKey')).toEqual([secretKey])
    expect(find('secret', secretKey, 'signature')).toEqual([])
  })

  test.for([
    ['it is a public key', '-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----'],
    ['it is a hash', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
    ['a hash stands by a key id', `${accessKey} da39a3ee5e6b4b0d3255bfef95601890afd80709`.slice(20)],
    ['a GitHub token is too short', joined('gh', 'p_abc')],
    ['a URL has no password', 'https://acme.example:8443/a@b'],
    ['the password is a placeholder', 'postgres://user:password@host/db mysql://u:${PASSWORD}@h redis://:<pw>@h'],
    ['a sentence says bearer', 'the bearer authentication-scheme is used'],
    ['a sentence says password', 'password = required'],
    ['three words with dots begin like a JWT', 'eyJhbGciOiJ.abc.def'],
  ] as const)('is not found when %s', ([, text]) => expect(find('secret', text)).toEqual([]))
})

describe('national-id', () => {
  test.for([
    ['CPF', '111.444.777-35'],
    ['CPF in digits', '11144477735'],
    ['DNI', '12345678Z'],
    ['NIE', 'X1234567L'],
    ['NIR', '2 55 08 14 168 025 38'],
    ['NIR of Corsica', nir('1841220003004')],
    ['NIR of Corse-du-Sud', nir('184122A003004')],
    ['codice fiscale', 'RSSMRA85T10A562S'],
    ['PESEL', '44051401359'],
  ] as const)('is found: %s', ([, text]) => expect(find('national-id', `id ${text}.`)).toEqual([text]))

  test.for([
    ['CPF', '111.444.777-36'],
    ['CPF of one digit', '111.111.111-11'],
    ['DNI', '12345678A'],
    ['NIE', 'X1234567M'],
    ['NIR', '2 55 08 14 168 025 39'],
    ['codice fiscale', 'RSSMRA85T10A562T'],
    ['PESEL', '44051401358'],
    ['PESEL without such a month', '44991401350'],
  ] as const)('is not found when the check of %s fails', ([, text]) => expect(find('national-id', `id ${text}.`)).toEqual([]))
})

function nir(number: string): string {
  return number + String(97n - (BigInt(number.replace('2A', '19')) % 97n)).padStart(2, '0')
}

/** what the detectors find: texts without any of it would only show that nothing is found */
const found = [
  '4111 1111 1111 1111',
  'DE89 3704 0044 0532 0130 00',
  'ada@example.com',
  '078-05-1120',
  '+44 20 7946 0958',
  '2001:db8::8a2e:370:7334',
  'AKIAIOSFODNN7EXAMPLE',
  '44051401359',
]

test('no text makes a detector throw or report a place outside it', () => {
  const part = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom(...found),
    fc.constantFrom(' ', '.', ':', '@', '-', '/', '=', '\u200b'),
  )
  const seen = new Set<DetectorName>()
  fc.assert(
    fc.property(
      fc.constantFrom<DetectorName>('card', 'iban', 'email', 'ssn', 'phone', 'ip', 'secret', 'national-id'),
      fc.array(part, { maxLength: 8 }),
      (kind, parts) => {
        const text = parts.join('')
        detectors[kind](text, (start, end) => {
          seen.add(kind)
          expect(start).toBeGreaterThanOrEqual(0)
          expect(end).toBeGreaterThan(start)
          expect(end).toBeLessThanOrEqual(text.length)
        })
      },
    ),
    { numRuns: 2000 },
  )
  expect([...seen].toSorted()).toEqual(['card', 'email', 'iban', 'ip', 'national-id', 'phone', 'secret', 'ssn'])
})
