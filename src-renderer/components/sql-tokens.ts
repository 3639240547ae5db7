type SqlTokenKind = 'keyword' | 'identifier' | 'quoted' | 'string' | 'number' | 'comment' | 'punctuation' | 'space'

export interface SqlToken {
  kind: SqlTokenKind
  text: string
}

const keywords = new Set(
  `ABORT ADD ALL ALTER ANALYZE AND ANY AS ASC BEGIN BETWEEN BY CALL CASCADE CASE CAST CHECK COLLATE COLUMN COMMENT COMMIT CONCURRENTLY CONFLICT
CONSTRAINT COPY CREATE CROSS CURRENT DATABASE DECLARE DEFAULT DELETE DESC DISTINCT DO DROP ELSE END EXCEPT EXECUTE EXISTS EXPLAIN EXTENSION
FALSE FETCH FILTER FIRST FOLLOWING FOR FOREIGN FROM FULL FUNCTION GRANT GROUP HAVING IF ILIKE IN INDEX INNER INSERT INTERSECT INTERVAL INTO IS
JOIN KEY LAST LATERAL LEFT LIKE LIMIT LOCK MATERIALIZED MERGE NATURAL NOT NOTHING NULL NULLS OF OFFSET ON ONLY OR ORDER OUTER OVER PARTITION
PRAGMA PRECEDING PRIMARY PROCEDURE RANGE RECURSIVE REFERENCES REPLACE RESET RETURNING REVOKE RIGHT ROLE ROLLBACK ROW ROWS SAVEPOINT SCHEMA SELECT
SEQUENCE SET SHARE SHOW SIMILAR SKIP SOME START TABLE TABLESAMPLE TEMP TEMPORARY THEN TO TRANSACTION TRIGGER TRUE TRUNCATE UNBOUNDED UNION
UNIQUE UPDATE USE USING VACUUM VALUES VIEW WHEN WHERE WINDOW WITH WORK`.split(/\s+/),
)

/**
 * Cuts SQL into tokens for colouring. It decides nothing: risk is judged by a real parser on the gateway. The tokens joined are
 * the text, whatever the text; time is linear in it.
 */
export function sqlTokens(text: string): SqlToken[] {
  const tokens: SqlToken[] = []
  let at = 0
  while (at < text.length) {
    const token = nextToken(text, at)
    tokens.push(token)
    at += token.text.length
  }
  return tokens
}

function nextToken(text: string, at: number): SqlToken {
  const character = text[at] ?? ''
  const two = text.slice(at, at + 2)
  if (/\s/.test(character)) return token('space', text, at, endOf(text, at, /\s/))
  if (two === '--') return token('comment', text, at, lineEnd(text, at))
  if (two === '/*') return token('comment', text, at, blockCommentEnd(text, at))
  if (character === "'" || /^[eEbBxXnN]'/.test(two)) return token('string', text, at, stringEnd(text, at))
  if (character === '"' || character === '`') return token('quoted', text, at, quotedEnd(text, at + 1, character))
  if (character === '$') return dollarToken(text, at)
  if (/[0-9]/.test(character)) return token('number', text, at, endOf(text, at, /[0-9a-zA-Z_.]/))
  if (/[\p{L}_]/u.test(character)) {
    const word = token('identifier', text, at, endOf(text, at, /[\p{L}\p{N}_$]/u))
    return keywords.has(word.text.toUpperCase()) ? { ...word, kind: 'keyword' } : word
  }
  return { kind: 'punctuation', text: character }
}

function token(kind: SqlTokenKind, text: string, start: number, end: number): SqlToken {
  return { kind, text: text.slice(start, Math.max(end, start + 1)) }
}

function endOf(text: string, start: number, pattern: RegExp): number {
  let at = start
  while (at < text.length && pattern.test(text[at] ?? '')) at += 1
  return at
}

function lineEnd(text: string, start: number): number {
  const end = text.indexOf('\n', start)
  return end < 0 ? text.length : end
}

/** PostgreSQL's block comments nest. */
function blockCommentEnd(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at += 1) {
    const two = text.slice(at, at + 2)
    if (two === '/*') {
      depth += 1
      at += 1
    } else if (two === '*/') {
      depth -= 1
      at += 1
      if (depth === 0) return at + 1
    }
  }
  return text.length
}

/** `''` inside a string is a quote; only an E-string knows backslashes. */
function stringEnd(text: string, start: number): number {
  const open = text.indexOf("'", start)
  const escapes = /[eE]/.test(text[start] ?? '')
  for (let at = open + 1; at < text.length; at += 1) {
    if (escapes && text[at] === '\\') at += 1
    else if (text[at] === "'") {
      if (text[at + 1] !== "'") return at + 1
      at += 1
    }
  }
  return text.length
}

function quotedEnd(text: string, start: number, quote: string): number {
  const end = text.indexOf(quote, start)
  return end < 0 ? text.length : end + 1
}

/** `$1`, or a dollar-quoted string `$tag$ … $tag$`. */
function dollarToken(text: string, at: number): SqlToken {
  const opening = /^\$[\p{L}_]?[\p{L}\p{N}_]{0,62}\$/u.exec(text.slice(at, at + 66))?.[0]
  if (opening && !/^\$[0-9]/.test(opening)) {
    const end = text.indexOf(opening, at + opening.length)
    return token('string', text, at, end < 0 ? text.length : end + opening.length)
  }
  return token('number', text, at, endOf(text, at + 1, /[0-9]/))
}
