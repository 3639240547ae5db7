import { highlightCode, type CodeLanguage } from './highlight-code.ts'
import styles from './code-pane.module.css'

interface CodePaneProps {
  text: string
  language?: CodeLanguage
  /** px; more than that scrolls */
  maxHeight?: number
  lineNumbers?: boolean
  /** wraps at any character: for raw bytes, which are never re-formatted */
  wrap?: boolean
  /** lines (from 1) to set apart, as changed or as wrong */
  marked?: ReadonlyMap<number, 'changed' | 'problem'>
  /** framed, for use inside a panel's padding */
  framed?: boolean
  label?: string
}

/** Text that a machine wrote. Always text, never HTML. */
export function CodePane({
  text,
  language = 'text',
  maxHeight = 320,
  lineNumbers = false,
  wrap = false,
  marked,
  framed = false,
  label,
}: CodePaneProps) {
  const lines = highlightCode(text, language)
  return (
    <pre
      className={[styles.code, wrap ? (language === 'shell' ? styles.wrapWords : styles.wrap) : '', framed ? styles.framed : ''].join(' ')}
      style={{ maxHeight }}
      tabIndex={0}
      role="region"
      aria-label={label ?? 'Code'}
    >
      <code>
        {lines.map((pieces, index) => {
          const mark = marked?.get(index + 1)
          return (
            <span key={index} className={`${styles.line} ${mark === undefined ? '' : styles[mark]}`}>
              {lineNumbers && <span className={styles.number}>{index + 1}</span>}
              {pieces.map((piece, at) => (
                <span key={at} className={piece.kind === 'plain' ? undefined : styles[piece.kind]}>
                  {piece.text}
                </span>
              ))}
              {'\n'}
            </span>
          )
        })}
      </code>
    </pre>
  )
}
