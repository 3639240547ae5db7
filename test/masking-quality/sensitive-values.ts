import type { DetectorName } from '../../src-core/masking/detectors.ts'
import type { Random } from './random.ts'

const capitals = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const lower = capitals.toLowerCase()
const alphanumeric = `${capitals}${lower}0123456789`
const hex = '0123456789abcdef'

const grouped = (text: string, size: number, separator: string): string =>
  (text.match(new RegExp(`.{1,${size}}`, 'g')) ?? []).join(separator)

/** In two parts, so that no scanner of source code takes these for real ones. */
const issued = (mark: string, rest: string): string => mark + rest

/** One value of each kind as data holds them; written apart from the detectors, from the standards. */
export const sensitiveValues: Record<DetectorName, (random: Random) => string> = {
  card: (random) => {
    const [prefix, length] = random.pick([
      ['4', 16],
      ['51', 16],
      ['55', 16],
      ['2221', 16],
      ['37', 15],
      ['6011', 16],
      ['36', 14],
      ['35', 16],
      ['6304', 18],
    ] as const)
    const payload = prefix + random.digits(length - prefix.length - 1)
    const card = payload + luhnDigit(payload)
    return random.pick([card, grouped(card, 4, ' '), grouped(card, 4, '-')])
  },
  iban: (random) => {
    const [country, account] = random.pick([
      ['DE', random.digits(18)],
      ['GB', random.pick(['NWBK', 'BARC', 'MIDL']) + random.digits(14)],
      ['FR', random.digits(10) + random.from(capitals, 2) + random.digits(11)],
      ['NL', random.pick(['ABNA', 'INGB', 'RABO']) + random.digits(10)],
      ['ES', random.digits(20)],
      ['IT', random.from(capitals, 1) + random.digits(22)],
    ] as const)
    const numeric = Array.from(`${account}${country}00`, (character) => String(Number.parseInt(character, 36))).join('')
    const iban = country + String(98n - (BigInt(numeric) % 97n)).padStart(2, '0') + account
    return random.pick([iban, grouped(iban, 4, ' ')])
  },
  email: (random) => {
    const first = random.pick(['ada', 'bo', 'mira', 'jürgen', 'o.neill', 'li', 'x_y', 'Anne-Marie'])
    const domain = random.pick(['acme.example', 'mail.b-c.co.uk', 'büro.de', 'x.io', 'sub.domain.example.org', 'example.museum'])
    return `${first}${random.pick(['', '+tag', random.digits(2), `.${random.from(lower, 6)}`])}@${domain}`
  },
  ssn: (random) => {
    const area = random.pick(['001', '123', '457', '665', '667', '772', '899'])
    const parts = [area, String(1 + random.below(99)).padStart(2, '0'), String(1 + random.below(9999)).padStart(4, '0')]
    return parts.join(random.pick(['-', '-', ' ']))
  },
  phone: (random) => {
    const area = random.pick(['212', '415', '312', '206', '617'])
    const exchange = String(200 + random.below(800))
    const line = random.digits(4)
    const parts = [random.digits(2), random.digits(2), random.digits(2), random.digits(2)]
    return random.pick([
      `+1 ${area} ${exchange} ${line}`,
      `+1${area}${exchange}${line}`,
      `+1 (${area}) ${exchange}-${line}`,
      `(${area}) ${exchange}-${line}`,
      `${area}-${exchange}-${line}`,
      `${area}.${exchange}.${line}`,
      `+49 151 ${random.digits(8)}`,
      `+49-89-${String(100000 + random.below(800000))}`,
      `+44 7700 900${random.digits(3)}`,
      `+44 (0)20 7946 0${random.digits(3)}`,
      `020 7946 0${random.digits(3)}`,
      `+33 6 ${parts.join(' ')}`,
      `06 ${parts.join(' ')}`,
      `+91 98765 ${random.digits(5)}`,
      `+81 90-1234-${random.digits(4)}`,
      `+55 11 9${random.digits(4)}-${random.digits(4)}`,
      // without a separator nobody can tell it from an order number: it is not found, and counts as missed
      `${area}${exchange}${line}`,
    ])
  },
  ip: (random) => {
    const octet = (): number => 1 + random.below(254)
    const group = (): string => random.from(hex, 4)
    return random.pick([
      `10.${octet()}.${octet()}.${octet()}`,
      `192.168.${octet()}.${octet()}`,
      `203.0.113.${octet()}`,
      `${random.pick([8, 34, 52, 91, 185])}.${octet()}.${octet()}.${octet()}`,
      `2001:db8:${group()}::${random.digits(1)}`,
      `fe80::${group()}:${group()}:1:${group()}`,
      `2a02:${[1, 2, 3, 4, 5, 6, 7].map(group).join(':')}`,
    ])
  },
  secret: (random) => {
    const word = (count: number): string => random.from(alphanumeric, count)
    const key = (kind: string): string =>
      [`-----BEGIN ${kind}PRIVATE `, `KEY-----\n${word(64)}\n${word(40)}\n-----END ${kind}PRIVATE `, 'KEY-----'].join('')
    return random.pick([
      key(random.pick(['', 'RSA ', 'EC ', 'OPENSSH '])),
      `${random.pick(['AK', 'AS'])}IA${random.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16)}`,
      `gh${random.pick(['p', 'o', 's'])}_${word(36)}`,
      issued('github_', `pat_${word(22)}_${word(59)}`),
      issued('gl', `pat-${word(20)}`),
      issued('xo', `xb-${random.digits(12)}-${word(24)}`),
      issued('sk_', `live_${word(24)}`),
      issued('np', `m_${word(36)}`),
      issued('AI', `za${word(35)}`),
      [
        { alg: 'RS256', typ: 'JWT' },
        { sub: word(8), exp: random.below(2e9) },
      ]
        .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
        .concat(word(43))
        .join('.'),
    ])
  },
  'national-id': (random) => {
    const number = String(10_000_000 + random.below(89_999_999))
    const dni = number + 'TRWAGMYFPDXBNJZSQVHLCKE'.charAt(Number(number) % 23)
    const nir = `${random.pick(['1', '2'])}${random.digits(2)}0${1 + random.below(9)}75${random.digits(6)}`
    return random.pick([
      dni,
      nir + String(97n - (BigInt(nir) % 97n)).padStart(2, '0'),
      cpf(random.digits(9)),
      'RSSMRA85T10A562S',
      '44051401359',
    ])
  },
}

export function luhnDigit(payload: string): string {
  let sum = 0
  for (const [index, character] of Array.from(payload).toReversed().entries()) {
    const value = Number(character) * (index % 2 === 0 ? 2 : 1)
    sum += value > 9 ? value - 9 : value
  }
  return String((10 - (sum % 10)) % 10)
}

function cpf(payload: string): string {
  const check = (digits: string): string => {
    let sum = 0
    for (const [index, digit] of Array.from(digits).entries()) sum += Number(digit) * (digits.length + 1 - index)
    const rest = 11 - (sum % 11)
    return String(rest > 9 ? 0 : rest)
  }
  const first = payload + check(payload)
  const all = first + check(first)
  return `${all.slice(0, 3)}.${all.slice(3, 6)}.${all.slice(6, 9)}-${all.slice(9)}`
}
