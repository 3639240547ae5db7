import { Fragment } from 'react'
import { visibleSegments } from './visible-characters.ts'
import styles from './visible-text.module.css'

interface VisibleTextProps {
  text: string
  /** a searched text, marked wherever it occurs */
  highlight?: string | undefined
}

/** Recorded text, as text: hidden characters by code point, the searched words marked. */
export function VisibleText({ text, highlight }: VisibleTextProps) {
  return visibleSegments(text).map((segment, at) =>
    segment.codePoint === undefined ? (
      <Fragment key={at}>{highlight ? <Highlighted text={segment.text} word={highlight} /> : segment.text}</Fragment>
    ) : (
      <span key={at} className={styles.hidden} title={`Hidden character ${segment.codePoint}`}>
        {segment.codePoint}
      </span>
    ),
  )
}

function Highlighted({ text, word }: { text: string; word: string }) {
  return cutAtWord(text, word).map((piece, at) =>
    at % 2 === 0 ? (
      piece
    ) : (
      <mark key={at} className={styles.found}>
        {piece}
      </mark>
    ),
  )
}

/** Pieces beside and (at odd places) of the word, in any case. */
export function cutAtWord(text: string, word: string): string[] {
  const pieces: string[] = []
  const lower = text.toLowerCase()
  const wanted = word.toLowerCase()
  // where lower case has another length (Turkish dotted I), offsets would not fit
  if (wanted === '' || lower.length !== text.length) return [text]
  let from = 0
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
    pieces.push(text.slice(from, at), text.slice(at, at + wanted.length))
    from = at + wanted.length
  }
  pieces.push(text.slice(from))
  return pieces
}
