import type { Random } from './random.ts'
import { luhnDigit } from './sensitive-values.ts'

const hex = '0123456789abcdef'
const uuid = (random: Random): string => [8, 4, 4, 4, 12].map((count) => random.from(hex, count)).join('-')
const version = (random: Random): string => `${random.below(20)}.${random.below(30)}.${random.below(30)}.${random.below(200)}`
const wrongCard = (random: Random): string => {
  const payload = `4${random.digits(14)}`
  return payload + String((Number(luhnDigit(payload)) + 1 + random.below(9)) % 10)
}

/** What data is full of and nobody wants masked, with the field that it stands in. */
export const harmlessValues: ((random: Random) => [field: string, text: string])[] = [
  (random) => ['order', `ORD-${random.digits(10)}`],
  (random) => ['order_number', `${random.digits(3)}-${random.digits(7)}-${random.digits(7)}`],
  (random) => ['order_id', random.digits(8)],
  (random) => ['tracking', `1Z${random.from('ABCDEFGHJK0123456789', 16)}`],
  (random) => [
    'created_at',
    `2026-0${1 + random.below(9)}-1${random.digits(1)}T1${random.digits(1)}:2${random.digits(1)}:00.${random.digits(3)}Z`,
  ],
  (random) => ['updated', `2026-0${1 + random.below(9)}-1${random.digits(1)} 10:15:00+0${random.below(9)}:00`],
  (random) => ['epoch', `17${random.digits(8)}`],
  (random) => ['epoch_ms', `17${random.digits(11)}`],
  (random) => ['epoch_us', `17${random.digits(14)}`],
  (random) => ['id', uuid(random)],
  (random) => ['session', `session ${uuid(random)} ended`],
  (random) => ['md5', random.from(hex, 32)],
  (random) => ['sha1', random.from(hex, 40)],
  (random) => ['sha256', random.from(hex, 64)],
  (random) => ['etag', `W/"${random.from(hex, 16)}"`],
  (random) => ['commit', `fix: revert ${random.from(hex, 7)} and ${random.from(hex, 40)}`],
  (random) => ['version', version(random)],
  (random) => ['note', `upgraded to version ${version(random)} today`],
  (random) => ['log', `agent v${version(random)} started`],
  (random) => ['requirement', `somelib==${version(random)}`],
  (random) => ['user_agent', `Mozilla/5.0 (X11; Linux x86_64) Chrome/${120 + random.below(20)}.0.${random.below(200)}.0 Safari/537.36`],
  (random) => ['oid', `1.3.6.1.4.1.${random.below(9999)}`],
  (random) => ['reference', wrongCard(random)],
  (random) => ['reference', `no. ${wrongCard(random).replace(/(.{4})(?=.)/g, '$1 ')}`],
  (random) => ['sku', `SKU-${random.digits(3)}-${random.digits(2)}-${random.from('ABC', 3)}`],
  (random) => ['product', `AB${random.digits(2)}-${random.digits(4)}-${random.digits(4)}`],
  (random) => ['ean', `978${random.digits(10)}`],
  (random) => ['ean', `40${random.digits(11)}`],
  (random) => ['long_id', random.digits(18)],
  (random) => ['mac', [1, 2, 3, 4, 5, 6].map(() => random.from(hex, 2)).join(':')],
  (random) => ['position', `${random.below(89)}.${random.digits(6)}, ${random.below(179)}.${random.digits(6)}`],
  (random) => ['amount', `${random.below(900)},${random.digits(3)}.${random.digits(2)} EUR`],
  (random) => ['range', `${random.below(900)}-${random.below(90)}-${random.below(900)}`],
  (random) => ['package', `@scope/name@${random.below(9)}.${random.below(9)}.${random.below(9)}`],
  (random) => ['code', `std::vector<a::b> at line ${random.digits(4)}`],
  (random) => ['time', `1${random.digits(1)}:2${random.digits(1)}:3${random.digits(1)}.${random.digits(6)}`],
  (random) => ['table', `${random.digits(3)} ${random.digits(3)} ${random.digits(4)} ${random.digits(2)}`],
  () => ['doc', 'Write to user(at)host, or set password=<password> in postgres://user:password@host/db'],
  () => ['doc', 'Send the header Authorization: Bearer <token>; the bearer authentication-scheme is defined in RFC 6750.'],
  () => ['doc', 'Listen on 127.0.0.1 or 0.0.0.0 with netmask 255.255.255.0; see section 3.2.1.4.'],
  () => ['doc', 'A number looks like 123-456-7890, an SSN like 000-12-3456, a key begins with AKIA or sk_live_.'],
  (random) => ['image', random.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 120)],
]
