import type { SqlDialect } from '../../src-protocol/model.ts'

/** A dialect whose statements are read by a parser of its own; PostgreSQL has its server's. */
export type OtherDialect = Exclude<SqlDialect, 'postgresql'>

export interface SqlToken {
  /** `name`: a quoted name; `string` and `number` are literals; `symbol` is one character */
  kind: 'word' | 'name' | 'string' | 'number' | 'symbol'
  /** a word in lower case; of a quoted name and a string only the quote */
  text: string
}

export interface SqlStatementTokens {
  tokens: SqlToken[]
  /** as it was written, without the semicolon */
  text: string
}

export type SqlTokens = { ok: true; statements: SqlStatementTokens[] } | { ok: false }

const word = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y
const number = /(?:0x[\da-f]+|\d[\w.]*)/iy
const space = /\s+/y

/**
 * Cuts a text into the tokens of its statements, as the dialect's server does. Whatever its settings could make it read in another way is
 * refused: `--` without a space behind it, comments that MySQL runs, nested comments, a backslash before a quote, what never ends.
 */
export function readSqlTokens(text: string, dialect: OtherDialect): SqlTokens {
  if (text.includes('\0') || !text.isWellFormed()) return { ok: false }
  const statements: SqlStatementTokens[] = []
  let tokens: SqlToken[] = []
  let begin = 0
  let at = 0
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0]
    if (found !== undefined) at += found.length
    return found
  }
  const endStatement = () => {
    if (tokens.length > 0) statements.push({ tokens, text: text.slice(begin, at).trim() })
    tokens = []
  }
  while (at < text.length) {
    if (take(space) !== undefined) continue
    const comment = commentEnd(text, at, dialect)
    if (comment === 'doubt') return { ok: false }
    if (comment !== undefined) {
      at = comment
      continue
    }
    const quote = text[at] as string
    const closing = closingQuote(quote, dialect)
    if (closing !== undefined) {
      const end = quotedEnd(text, at, closing)
      if (end === undefined) return { ok: false }
      tokens.push({ kind: quote === "'" || (quote === '"' && dialect === 'mysql') ? 'string' : 'name', text: quote })
      at = end
      continue
    }
    const name = take(word)
    const literal = name === undefined ? take(number) : undefined
    if (name !== undefined) tokens.push({ kind: 'word', text: name.toLowerCase() })
    else if (literal !== undefined) tokens.push({ kind: 'number', text: literal })
    else if (quote === ';') {
      endStatement()
      at += 1
      begin = at
    } else {
      tokens.push({ kind: 'symbol', text: quote })
      at += 1
    }
  }
  endStatement()
  return { ok: true, statements }
}

function commentEnd(text: string, at: number, dialect: OtherDialect): number | 'doubt' | undefined {
  const two = text.slice(at, at + 2)
  if (two === '--') {
    const behind = text[at + 2]
    // MySQL takes two minus signs, everybody else a comment
    return behind !== undefined && !/\s/.test(behind) ? 'doubt' : lineEnd(text, at)
  }
  if (text[at] === '#' && dialect === 'mysql') return lineEnd(text, at)
  if (two !== '/*') return undefined
  const end = text.indexOf('*/', at + 2)
  const nested = text.indexOf('/*', at + 2)
  if (end < 0 || (nested >= 0 && nested < end)) return 'doubt'
  if (/^(?:M?!|\+)/.test(text.slice(at + 2, at + 4))) return 'doubt'
  return end + 2
}

/** Servers differ about whether a carriage return ends a line. */
function lineEnd(text: string, at: number): number | 'doubt' {
  const newline = text.indexOf('\n', at)
  const end = newline < 0 ? text.length : newline
  const line = text.slice(at, end)
  return line.replace(/\r$/, '').includes('\r') || (newline < 0 && line.endsWith('\r')) ? 'doubt' : end
}

function closingQuote(quote: string, dialect: OtherDialect): string | undefined {
  if (quote === "'" || quote === '"') return quote
  if (quote === '`' && dialect !== 'tsql') return quote
  return quote === '[' && dialect !== 'mysql' ? ']' : undefined
}

/** A doubled quote stands for itself. Whether a backslash takes the quote's meaning away is a setting of MySQL. */
function quotedEnd(text: string, at: number, closing: string): number | undefined {
  let from = at + 1
  for (;;) {
    const end = text.indexOf(closing, from)
    if (end < 0 || text[end - 1] === '\\') return undefined
    if (text[end + 1] !== closing) return end + 1
    from = end + 2
  }
}
