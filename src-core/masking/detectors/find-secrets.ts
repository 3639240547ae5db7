import { decodeBase64Text } from '../decode-base64-text.ts'
import type { Found } from './detector.ts'
import { eachMatch } from './each-match.ts'

/**
 * Tokens that begin with a mark of who issued them. Most texts hold none, and most of them lack a rare character that every such token
 * has: `rare` is looked for first, as one character is found the fastest, then the `mark`.
 */
export const markedTokens: { rare?: '_' | '-' | '.'; mark: string; shape: RegExp }[] = [
  { rare: '_', mark: 'gh', shape: /(?<!\w)gh[opusr]_[A-Za-z0-9]{36,255}(?!\w)/g },
  { rare: '_', mark: 'github_pat_', shape: /(?<!\w)github_pat_[A-Za-z0-9_]{40,255}(?!\w)/g },
  { rare: '-', mark: 'gl', shape: /(?<!\w)gl(?:pat|dt|rt|cbt|ptt|ft|oas|soat|agent)-[\w-]{20,255}/g },
  { rare: '-', mark: 'xox', shape: /(?<!\w)xox[abceoprs]-[A-Za-z0-9-]{10,255}/g },
  { rare: '-', mark: 'xapp-', shape: /(?<!\w)xapp-\d-[A-Za-z0-9-]{10,255}/g },
  { rare: '.', mark: 'hooks.slack.com', shape: /hooks\.slack\.com\/(?:services|workflows|triggers)\/[\w/-]{20,255}/g },
  { rare: '_', mark: 'k_', shape: /(?<!\w)[sr]k_(?:live|test)_[A-Za-z0-9]{16,255}(?!\w)/g },
  { rare: '_', mark: 'whsec_', shape: /(?<!\w)whsec_[A-Za-z0-9+/]{32,255}={0,2}/g },
  { rare: '_', mark: 'npm_', shape: /(?<!\w)npm_[A-Za-z0-9]{36}(?!\w)/g },
  { rare: '-', mark: 'pypi-', shape: /(?<!\w)pypi-[\w-]{50,255}/g },
  { mark: 'AIza', shape: /(?<!\w)AIza[\w-]{35}(?![\w-])/g },
  { rare: '.', mark: 'SG.', shape: /(?<!\w)SG\.[\w-]{22}\.[\w-]{43}(?![\w-])/g },
  { rare: '-', mark: 'sk-', shape: /(?<![\w-])sk-(?:ant|proj|svcacct)-[\w-]{20,255}/g },
]

/** `x://:p@` */
const shortestSecret = 8
const shortestToken = 15
const longestNeighbourhood = 300

/** Keys and tokens of fixed shape: those whose shape alone says that whoever reads them may act for someone. */
export function findSecrets(text: string, found: Found, field = ''): void {
  if (text.length < shortestSecret) return
  if (text.length >= shortestToken) {
    const has = { _: text.includes('_'), '-': text.includes('-'), '.': text.includes('.') }
    for (const { rare, mark, shape } of markedTokens) {
      if ((rare === undefined || has[rare]) && text.includes(mark)) findMatches(text, shape, found)
    }
    if (has['-'] && text.includes('-----BEGIN ')) findPrivateKeys(text, found)
  }
  if (text.length >= 20) findAwsKeys(text, found, field)
  if (text.includes('eyJ')) findJsonWebTokens(text, found)
  if (text.includes('://')) findUrlPasswords(text, found)
  if (text.includes('=') && /(?:password|passwd|pwd)\s?=/i.test(text)) findConnectionStringPasswords(text, found)
  if (/\s/.test(text) && /b(?:earer|asic)\s/i.test(text)) findAuthorizations(text, found)
}

function findMatches(text: string, shape: RegExp, found: Found): void {
  eachMatch(shape, text, ({ 0: token, index }) => found(index, index + token.length))
}

/** PEM (RFC 7468) and OpenPGP private keys; one that was cut off reaches to the end of the text. */
function findPrivateKeys(text: string, found: Found): void {
  let from = 0
  for (const match of text.matchAll(/-----BEGIN (?:RSA |EC |DSA |OPENSSH |ENCRYPTED |PGP )?PRIVATE KEY(?: BLOCK)?-----/g)) {
    if (match.index < from) continue
    const ending = text.indexOf('-----END ', match.index)
    const closing = ending < 0 ? -1 : text.indexOf('-----', ending + '-----END '.length)
    from = closing < 0 ? text.length : closing + '-----'.length
    found(match.index, from)
  }
}

/** Access key ids, and the secret keys near them or their label: 40 characters without a mark. */
function findAwsKeys(text: string, found: Found, field: string): void {
  const labelled = /secret.?access.?key|aws.?secret/i.test(field)
  // what all marks below have in common: without a mark nothing is near one
  if (!labelled && !text.includes('AKIA') && !text.includes('ASIA') && !text.includes('ccess') && !text.includes('CCESS')) return
  const marks: { start: number; end: number }[] = []
  for (const match of text.matchAll(
    /(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])|[Ss](?:ecret|ECRET)_?[Aa](?:ccess|CCESS)_?[Kk](?:ey|EY)/g,
  )) {
    const end = match.index + match[0].length
    marks.push({ start: match.index, end })
    if (match[0].length === 20) found(match.index, end)
  }
  let next = 0
  for (const match of text.matchAll(/(?<![\w/+=-])[A-Za-z0-9/+]{40}(?![\w/+=-])|(?<=(?:KEY|[Kk]ey)=)[A-Za-z0-9/+]{40}(?![\w/+=-])/g)) {
    if (!/[A-Z]/.test(match[0]) || !/[a-z]/.test(match[0]) || !/[\d/+]/.test(match[0])) continue
    const end = match.index + match[0].length
    while (next < marks.length && marks[next]!.start < match.index) next += 1
    const before = marks[next - 1]
    const after = marks[next]
    const isNear =
      (before !== undefined && match.index - before.end <= longestNeighbourhood) ||
      (after !== undefined && after.start - end <= longestNeighbourhood)
    if (labelled || isNear) found(match.index, end)
  }
}

/** JWS and JWE in compact form (RFC 7515, RFC 7516): the header must be JSON that names an algorithm. */
function findJsonWebTokens(text: string, found: Found): void {
  for (const match of text.matchAll(/(?<![\w-])eyJ[\w-]{8,1000}(?:\.[\w-]*){2,4}(?![\w-])/g)) {
    if (isTokenHeader(match[0].slice(0, match[0].indexOf('.')))) found(match.index, match.index + match[0].length)
  }
}

function isTokenHeader(part: string): boolean {
  const header = decodeBase64Text(part) ?? ''
  return header.endsWith('}') && /"(?:alg|enc)"\s*:/.test(header)
}

/** `postgres://app:S3cret@db/x`: the password, and not the rest of the address. */
function findUrlPasswords(text: string, found: Found): void {
  for (const match of text.matchAll(/(?<=[A-Za-z]:\/\/)([^\s:/@"'<>?#]{0,128}:)([^\s/@"'<>?#]{1,256})@/g)) {
    const start = match.index + match[1]!.length
    if (!isPlaceholder(match[2]!)) found(start, start + match[2]!.length)
  }
}

/** `Server=db;User Id=app;Password=S3cret;` and `host=db user=app password=S3cret` */
function findConnectionStringPasswords(text: string, found: Found): void {
  for (const match of text.matchAll(/(?<![\w-])((?:password|passwd|pwd)\s?=\s?["']?)([^;&\s"']{3,256})/gi)) {
    const start = match.index + match[1]!.length
    const end = start + match[2]!.length
    const around = text.slice(Math.max(0, match.index - longestNeighbourhood), end + longestNeighbourhood)
    if (!/\b(?:server|host|data source|user id|uid|user|username|database|dbname|initial catalog)\s?=/i.test(around)) continue
    if (!isPlaceholder(match[2]!)) found(start, end)
  }
}

/** What documentation writes where a password goes. */
const isPlaceholder = (password: string): boolean =>
  /^(?:(?:\*+|\.+|x+|password|passwd|pass|pwd|secret|your[-_]?password|changeme|redacted|\[?masked.*|%s)$|\$|\{|<|%\(|\[)/i.test(password)

/** `Authorization: Bearer …` (RFC 6750) and `Basic …` (RFC 7617): what comes after the scheme. */
function findAuthorizations(text: string, found: Found): void {
  for (const match of text.matchAll(/(?<!\w)(bearer|basic)(\s{1,3})([\w.~+/-]{8,4096}={0,2})/gi)) {
    const [whole, scheme = '', space = '', token = ''] = match
    const isToken =
      scheme.toLowerCase() === 'bearer'
        ? token.length >= 16 && /\d/.test(token) && /[A-Za-z]/.test(token)
        : (decodeBase64Text(token)?.includes(':') ?? false)
    if (isToken) found(match.index + scheme.length + space.length, match.index + whole.length)
  }
}
