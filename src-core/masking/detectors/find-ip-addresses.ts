import type { Found } from './detector.ts'
import { eachMatch } from './each-match.ts'

/**
 * IPv4 and IPv6 addresses. Left alone: what stands where a version stands, and the addresses that name no host (loopback,
 * unspecified, netmasks).
 */
export function findIpAddresses(text: string, found: Found, field = ''): void {
  if (isVersionField(field)) return
  // two dots, or two colons, with what can stand between them: a search that begins at a rare character is fast
  if (/\.\d{1,3}\.\d/.test(text)) findIpv4(text, found)
  if (/:[0-9A-Fa-f]{0,4}:/.test(text)) findIpv6(text, found)
}

const isVersionField = (field: string): boolean => /version|release|firmware|build|revision|(?:^|_)oid$|user.?agent/i.test(field)

/** `version 1.2.3.4`, `build: 1.2.3.4`, `pkg==1.2.3.4`, `pkg@1.2.3.4`, `^1.2.3.4`, `Chrome/120.0.0.0`, `lib-1.2.3.4`, `§ 1.2.3.4` */
const versionBefore =
  /(?:\b(?:versions?|ver|release|build|rev|revision|firmware|driver|section|chapter|clause|oid|update|upgrade[ds]?(?: to| from)?)\W{0,4}|[^=]==\s?|[^\s@]@|[\^~§]\s?|>=?\s?|<=\s?|(?:^|[\s(;,"'])[A-Z][A-Za-z]{1,20}\/|[A-Za-z][-_])$/i
const versionAfter = /^(?:-(?:beta|alpha|rc|snapshot|dev|final|release)|\+[a-z0-9])/i

const longestContext = 32

const ipv4 = /(?<![\w.])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?!\w|\.\w)/g
const ipv6 = /(?<![\w:.])[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{1,35}(?:\.\d{1,3}){0,3}(?![\w:]|\.\d)/g

function findIpv4(text: string, found: Found): void {
  eachMatch(ipv4, text, ({ 0: address, index }) => {
    const octets = address.split('.')
    if (octets.some((octet) => Number(octet) > 255 || (octet.length > 1 && octet.startsWith('0')))) return
    if (octets[0] === '0' || octets[0] === '127' || address.startsWith('255.')) return
    const end = index + address.length
    if (versionAfter.test(text.slice(end, end + 12))) return
    if (versionBefore.test(text.slice(Math.max(0, index - longestContext), index))) return
    found(index, end)
  })
}

function findIpv6(text: string, found: Found): void {
  eachMatch(ipv6, text, ({ 0: address, index }) => {
    if (isIpv6(address)) found(index, index + address.length)
  })
}

/**
 * RFC 4291 text form. The short form must begin with a group of four, as the addresses in use do: `a::b` is a name in a program.
 */
function isIpv6(candidate: string): boolean {
  if (!/\d/.test(candidate)) return false
  const [head = '', tail, more] = candidate.split('::')
  if (more !== undefined) return false
  const groups = [...groupsOf(head), ...groupsOf(tail ?? '')]
  const last = groups.at(-1) ?? ''
  const count = groups.length + (last.includes('.') ? 1 : 0)
  if (!groups.every((group, index) => /^[0-9A-Fa-f]{1,4}$/.test(group) || (index === groups.length - 1 && isDotted(group)))) return false
  if (tail === undefined) return count === 8
  if (count > 7) return false
  return head === '' ? /^::ffff:/i.test(candidate) && last.includes('.') : groups[0]?.length === 4
}

const groupsOf = (part: string): string[] => (part === '' ? [] : part.split(':'))

const isDotted = (group: string): boolean => {
  const octets = group.split('.')
  return octets.length === 4 && octets.every((octet) => /^\d{1,3}$/.test(octet) && Number(octet) <= 255)
}
