import { Fragment } from 'react'
import { findDisguisedLetters } from '../../../../src-core/approval/inspect-arguments.ts'
import { VisibleText } from '../../../components/visible-text.tsx'
import styles from './tools.module.css'

interface DefinitionTextProps {
  text: string
  /** the part that differs from the line beside it */
  changed?: { start: number; end: number } | undefined
}

/** A line of a server's definition: hostile text. Hidden characters show by code point, letters in disguise are marked. */
export function DefinitionText({ text, changed }: DefinitionTextProps) {
  if (changed === undefined || changed.start === changed.end) return <Letters text={text} />
  return (
    <>
      <Letters text={text.slice(0, changed.start)} within={text} />
      <span className={styles.differs}>
        <Letters text={text.slice(changed.start, changed.end)} within={text} from={changed.start} />
      </span>
      <Letters text={text.slice(changed.end)} within={text} from={changed.end} />
    </>
  )
}

interface Piece {
  text: string
  /** of a letter in disguise */
  codePoint?: string
}

/** `within` is the line that the text is a part of: a word is judged whole, also where the difference cuts it. */
function piecesOf(text: string, within: string, from: number): Piece[] {
  const pieces: Piece[] = []
  let copied = 0
  for (const { at: inLine, length, codePoint } of findDisguisedLetters(within)) {
    const at = inLine - from
    if (at < 0 || at + length > text.length) continue
    pieces.push({ text: text.slice(copied, at) }, { text: text.slice(at, at + length), codePoint })
    copied = at + length
  }
  pieces.push({ text: text.slice(copied) })
  return pieces
}

function Letters({ text, within = text, from = 0 }: { text: string; within?: string; from?: number }) {
  return piecesOf(text, within, from).map((piece, index) =>
    piece.codePoint === undefined ? (
      <Fragment key={index}>
        <VisibleText text={piece.text} />
      </Fragment>
    ) : (
      <span key={index} className={styles.disguised} title={`Looks like another letter: ${piece.codePoint}`}>
        {piece.text}
        <span className={styles.codePoint}>{piece.codePoint}</span>
      </span>
    ),
  )
}
