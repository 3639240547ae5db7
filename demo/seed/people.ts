import { createRandom } from './random.ts'

/** Invented customers with well-formed, check-digit-correct card numbers, IBANs and social security numbers. */
export interface Customer {
  id: number
  fullName: string
  email: string
  phone: string
  ssn: string
  city: string
  createdAt: string
  cards: { number: string; network: string; expires: string }[]
  iban: string
}

const firstNames = [
  'Amara',
  'Bjorn',
  'Chiara',
  'Dmitri',
  'Elif',
  'Farid',
  'Greta',
  'Hiro',
  'Ines',
  'Jamal',
  'Katya',
  'Liam',
  'Meera',
  'Nadia',
  'Oskar',
  'Paloma',
  'Quentin',
  'Rosa',
  'Stefan',
  'Tomas',
  'Ursula',
  'Viktor',
  'Wanda',
  'Ximena',
  'Yusuf',
  'Zofia',
]
const lastNames = [
  'Almeida',
  'Bergstrom',
  'Castellano',
  'Dvorak',
  'Eriksen',
  'Ferrari',
  'Gonzalez',
  'Haddad',
  'Ivanova',
  'Jansen',
  'Kowalski',
  'Lindqvist',
  'Moreau',
  'Nakamura',
  'Okafor',
  'Petrov',
  'Quispe',
  'Rehak',
  'Schneider',
  'Tanaka',
  'Ueda',
  'Vasquez',
  'Weber',
  'Xu',
  'Yilmaz',
  'Zimmermann',
]
const cities = ['Berlin', 'Lisbon', 'Lagos', 'Osaka', 'Porto', 'Krakow', 'Austin', 'Denver', 'Lyon', 'Turin', 'Malmo', 'Izmir']
const mailHosts = ['mail.example', 'post.example', 'inbox.example']

export function createCustomers(count: number): Customer[] {
  const random = createRandom(20_261_122)
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!
  const digits = (length: number): string => Array.from({ length }, () => Math.floor(random() * 10)).join('')
  const between = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1))
  const card = () => {
    const network = pick(['Visa', 'Mastercard', 'Amex'] as const)
    const [prefix, length] = { Visa: ['4', 16], Mastercard: [`5${between(1, 5)}`, 16], Amex: [pick(['34', '37']), 15] }[network] as [
      string,
      number,
    ]
    return {
      number: withLuhnDigit(prefix + digits(length - 1 - prefix.length)),
      network,
      expires: `${String(between(1, 12)).padStart(2, '0')}/${between(27, 31)}`,
    }
  }
  return Array.from({ length: count }, (_, index) => {
    const first = pick(firstNames)
    const last = pick(lastNames)
    return {
      id: index + 1,
      fullName: `${first} ${last}`,
      email: `${first}.${last}${index + 1}@${pick(mailHosts)}`.toLowerCase(),
      phone: `+49 30 ${digits(4)} ${digits(4)}`,
      ssn: `${between(100, 665)}-${String(between(1, 99)).padStart(2, '0')}-${String(between(1, 9999)).padStart(4, '0')}`,
      city: pick(cities),
      createdAt: new Date(Date.UTC(2024, between(0, 11), between(1, 28), between(0, 23), between(0, 59))).toISOString(),
      cards: Array.from({ length: between(1, 2) }, card),
      iban: withIbanCheckDigits('DE', `${digits(8)}${digits(10)}`),
    }
  })
}

/** ISO/IEC 7812-1, annex B */
function withLuhnDigit(digits: string): string {
  let sum = 0
  for (let index = digits.length - 1, double = true; index >= 0; index -= 1, double = !double) {
    const digit = Number(digits[index])
    sum += double ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit
  }
  return `${digits}${(10 - (sum % 10)) % 10}`
}

/** ISO 13616: check digits are 98 minus the number, with country and 00 behind it, modulo 97 */
function withIbanCheckDigits(country: string, account: string): string {
  const numeric = Array.from(`${account}${country}00`, (character) => Number.parseInt(character, 36)).join('')
  return `${country}${String(98 - Number(BigInt(numeric) % 97n)).padStart(2, '0')}${account}`
}
