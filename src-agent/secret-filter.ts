export interface SecretFilter {
  /** from now on this one is taken out too */
  add(secret: string): void
  /** The bytes themselves where no secret is in them. */
  clean(bytes: Buffer): Buffer
  cleanText(text: string): string
}

/** shorter than this, a value would be found everywhere */
const shortestSecret = 4
/** of a text in base64, what is the secret's alone; shorter, it could be anything */
const shortestCore = 8

/** One way in which a secret can be written. */
interface Form {
  /** plain characters of it: where they are not, it is not */
  core: Buffer | undefined
  pattern: RegExp
}

/**
 * Takes secrets out of what a server says. Servers that report an error like to quote the request that they got or the connection string
 * that failed: as it is, inside JSON, inside JSON inside JSON, in a URL, in HTML, or in base64 with something before and behind it (the
 * `Authorization` header of HTTP Basic). What is not found: a secret that was cut, encrypted, hashed or spelt backwards.
 */
export function createSecretFilter(secrets: readonly string[] = []): SecretFilter {
  const forms: Form[] = []
  const known = new Set<string>()

  function add(secret: string) {
    if (Buffer.byteLength(secret) < shortestSecret || known.has(secret)) return
    known.add(secret)
    const written = new Set([secret, ...base64Cores(secret)])
    for (const text of written) forms.push({ core: plainCore(text), pattern: patternOf(text) })
  }

  /** In Latin-1 a character is a byte, whatever the bytes mean. */
  function clean(bytes: Buffer): Buffer {
    const found = forms.filter(({ core }) => core === undefined || bytes.includes(core))
    if (found.length === 0) return bytes
    let text = bytes.toString('latin1')
    const before = text
    for (const { pattern } of found) text = text.replace(pattern, '[secret]')
    return text === before ? bytes : Buffer.from(text, 'latin1')
  }

  for (const secret of secrets) add(secret)
  return { add, clean, cleanText: (text) => clean(Buffer.from(text)).toString() }
}

/**
 * The characters of a text in base64 that depend on the secret alone, for each place where it can begin in a group of three bytes.
 * They stand in any longer text that has the secret in it.
 */
function base64Cores(secret: string): string[] {
  const bytes = Buffer.from(secret)
  const cores: string[] = []
  for (const before of [0, 1, 2]) {
    const whole = Buffer.concat([Buffer.alloc(before), bytes])
    const first = Math.ceil((before * 8) / 6)
    const end = Math.floor((whole.length * 8) / 6)
    for (const alphabet of ['base64', 'base64url'] as const) cores.push(whole.toString(alphabet).slice(first, end))
  }
  return cores.filter((core) => core.length >= shortestCore)
}

/** The longest run of characters that no notation escapes. */
function plainCore(text: string): Buffer | undefined {
  const longest = (text.match(/[A-Za-z0-9]+/g) ?? []).toSorted((a, b) => b.length - a.length)[0]
  return longest === undefined || longest.length < shortestSecret ? undefined : Buffer.from(longest)
}

const entities: Record<string, string> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' }
const short: Record<string, string> = { '\t': 't', '\n': 'n', '\r': 'r', '\b': 'b', '\f': 'f' }

/** JSON inside JSON doubles backslashes at each depth. A bound keeps the search linear. */
const deepest = 8

function patternOf(text: string): RegExp {
  return new RegExp((text.match(/\\+|[A-Za-z0-9]+|[^]/gu) ?? []).map(alternatives).join(''), 'g')
}

/** A character as it is, or as JSON (any depth), URLs and HTML write it; and a run of backslashes, which could not be told apart. */
function alternatives(token: string): string {
  if (/^[A-Za-z0-9]/.test(token)) return token
  const character = token.startsWith('\\') ? '\\' : token
  const bytes = [...Buffer.from(character)]
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
  const code = character.codePointAt(0) ?? 0
  const escaped = [
    units.map((unit) => `\\\\{1,${deepest}}u${hexadecimal(unit, 4)}`).join(''),
    bytes.map((byte) => `%${hexadecimal(byte, 2)}`).join(''),
    `&#0{0,5}${code};`,
    `&#[xX]0{0,5}${hexadecimal(code, 1)};`,
  ]
  if (character === '\\') return `(?:\\\\{${token.length},${token.length * deepest}}|(?:${escaped.join('|')}){${token.length}})`
  // quotes and slashes have backslashes before them
  escaped.push(`\\\\{0,${deepest}}${bytes.map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}`)
  if (entities[character] !== undefined) escaped.push(`&${entities[character]};`)
  if (short[character] !== undefined) escaped.push(`\\\\{1,${deepest}}${short[character]}`)
  if (character === ' ') escaped.push('\\+')
  return `(?:${escaped.join('|')})`
}

function hexadecimal(value: number, width: number): string {
  const digits = value.toString(16).padStart(width, '0')
  return digits.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)
}
