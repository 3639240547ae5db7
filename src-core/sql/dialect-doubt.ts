/**
 * Finds texts that PostgreSQL reads in one way and SQLite, MySQL or another server in another way. What comes behind a
 * comment or a string that only one of them thinks is over could run unseen, so such a text has to count as unknown.
 *
 * Covers where strings, names and comments begin and end; what a statement then means in a dialect it does not judge.
 */
export type DialectDoubt =
  | 'nul-character'
  | 'unpaired-surrogate'
  | 'backslash-before-quote'
  | 'quote-prefix'
  | 'backtick'
  | 'bracket'
  | 'hash'
  | 'dollar-quote'
  | 'dashes-without-space'
  | 'carriage-return-in-comment'
  | 'nested-comment'
  | 'executable-comment'
  | 'long-name'
  | 'batch-separator'

/** Of SQL Server's tools: a line of its own, which they look for in strings and comments, too. */
const batchSeparator = /^[^\S\r\n]*go[^\S\r\n]*(?:$|\d|;|--|\/\*)/im

/** Whether a tool that cuts a text into batches before anybody parses it would cut this one. */
export const holdsBatchSeparator = (text: string): boolean => batchSeparator.test(text)

const name = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y
const dollarQuote = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y
/** PostgreSQL cuts longer names off. */
const nameBytes = 63

type Step = { next: number } | { doubt: DialectDoubt }

/** Linear in the text. */
export function findDialectDoubt(text: string): DialectDoubt | undefined {
  if (text.includes('\0')) return 'nul-character'
  if (!text.isWellFormed()) return 'unpaired-surrogate'
  if (holdsBatchSeparator(text)) return 'batch-separator'
  let at = 0
  while (at < text.length) {
    const step = readToken(text, at)
    if ('doubt' in step) return step.doubt
    at = step.next
  }
  return undefined
}

function readToken(text: string, at: number): Step {
  switch (text[at]) {
    case "'":
      return readQuoted(text, at)
    case '"': {
      const step = readQuoted(text, at)
      return 'next' in step && isLong(text.slice(at + 1, step.next - 1)) ? { doubt: 'long-name' } : step
    }
    case '`':
      return { doubt: 'backtick' }
    case '#':
      return { doubt: 'hash' }
    case '[':
      return readBracket(text, at)
    case '$':
      dollarQuote.lastIndex = at
      return dollarQuote.test(text) ? { doubt: 'dollar-quote' } : { next: at + 1 }
    case '-':
      return text[at + 1] === '-' ? readLineComment(text, at) : { next: at + 1 }
    case '/':
      return text[at + 1] === '*' ? readBlockComment(text, at) : { next: at + 1 }
    default:
      return readName(text, at)
  }
}

/** MySQL takes a backslash before a quote as part of the string; PostgreSQL does so in E'…' only. */
function readQuoted(text: string, at: number): Step {
  const quote = text[at] as string
  let from = at + 1
  for (;;) {
    const end = text.indexOf(quote, from)
    if (end < 0) return { next: text.length }
    let backslashes = 0
    while (end - backslashes > at + 1 && text[end - backslashes - 1] === '\\') backslashes += 1
    if (backslashes % 2 === 1) return { doubt: 'backslash-before-quote' }
    if (text[end + 1] !== quote) return { next: end + 1 }
    from = end + 2
  }
}

/** A subscript for PostgreSQL, a quoted name for SQLite and SQL Server: they agree while nothing else begins inside. */
function readBracket(text: string, at: number): Step {
  const end = text.indexOf(']', at)
  if (end < 0 || /['"`;$#[]|--|\/\*/.test(text.slice(at + 1, end))) return { doubt: 'bracket' }
  return { next: end + 1 }
}

/** MySQL needs white space behind the dashes; PostgreSQL ends the comment at a carriage return, others at a line feed. */
function readLineComment(text: string, at: number): Step {
  const behind = text[at + 2]
  if (behind !== undefined && !/\s/.test(behind)) return { doubt: 'dashes-without-space' }
  const newline = text.indexOf('\n', at)
  const end = newline < 0 ? text.length : newline
  const carriageReturn = text.indexOf('\r', at)
  if (carriageReturn >= 0 && carriageReturn < end - 1) return { doubt: 'carriage-return-in-comment' }
  if (carriageReturn === end - 1 && newline < 0) return { doubt: 'carriage-return-in-comment' }
  return { next: end }
}

/** PostgreSQL nests comments, SQLite and MySQL do not; MySQL runs what stands in a comment that begins with an exclamation mark. */
function readBlockComment(text: string, at: number): Step {
  const end = text.indexOf('*/', at + 2)
  if (end < 0) return { next: text.length }
  const nested = text.indexOf('/*', at + 2)
  if (nested >= 0 && nested < end) return { doubt: 'nested-comment' }
  if (/^M?!/.test(text.slice(at + 2, at + 4))) return { doubt: 'executable-comment' }
  return { next: end + 2 }
}

function readName(text: string, at: number): Step {
  name.lastIndex = at
  const found = name.exec(text)?.[0]
  if (found === undefined) return { next: at + 1 }
  if (isLong(found)) return { doubt: 'long-name' }
  // Oracle: q'[ … ]' ends elsewhere than a string does
  if (text[at + found.length] === "'" && /^n?q$/i.test(found)) return { doubt: 'quote-prefix' }
  return { next: at + found.length }
}

const isLong = (text: string): boolean => text.length > nameBytes || (text.length * 3 > nameBytes && Buffer.byteLength(text) > nameBytes)
