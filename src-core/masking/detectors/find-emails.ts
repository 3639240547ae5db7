import type { Found } from './detector.ts'

const longestLocalPart = 64
const longestDomain = 255

/** Email addresses (RFC 5321 mailbox, unquoted), found from their @ outwards. */
export function findEmails(text: string, found: Found): void {
  let from = 0
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    let start = at
    while (start > from && at - start < longestLocalPart && isOfLocalPart(text, start - 1)) start -= 1
    if (start === at) continue
    const domain = /^[\p{L}\p{N}](?:[\p{L}\p{N}-]|\.(?=[\p{L}\p{N}]))*/u.exec(text.slice(at + 1, at + 1 + longestDomain))?.[0]
    start += beforeAddress(text.slice(start, at))
    if (domain === undefined || !/\.[\p{L}]{2,}$/u.test(domain)) continue
    from = at + 1 + domain.length
    found(start, from)
  }
}

const localCharacters = Array.from({ length: 128 }, (_, code) => /[\w.!#$%&'*+/=?^`{|}~-]/.test(String.fromCharCode(code)))

const isOfLocalPart = (text: string, at: number): boolean => localCharacters[text.charCodeAt(at)] ?? /[\p{L}\p{N}]/u.test(text.charAt(at))

/** How much of what an address could be made of is not of it: `/?mail=` in an URL, an opening quote. `news+ada=acme@…` stays whole. */
function beforeAddress(localPart: string): number {
  const before = /^(?:.*[?&/|{}`])?(?:[\w-]*=)?[^\p{L}\p{N}_]*/u.exec(localPart)?.[0].length ?? 0
  return before < localPart.length ? before : 0
}
