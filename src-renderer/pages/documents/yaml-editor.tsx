import { useImperativeHandle, useMemo, useRef, type KeyboardEvent, type Ref } from 'react'
import { highlightCode } from '../../components/highlight-code.ts'
import styles from './yaml-editor.module.css'

export interface YamlEditorHandle {
  /** puts the cursor at the start of a line and shows it */
  goTo: (line: number) => void
}

interface YamlEditorProps {
  ref: Ref<YamlEditorHandle>
  label: string
  text: string
  onChange: (text: string) => void
  onPlace: (place: { line: number; column: number }) => void
  changed: ReadonlySet<number>
  problems: ReadonlySet<number>
}

/** A text area with its own text drawn behind it: line numbers, colours, changed lines and lines with problems. */
export function YamlEditor({ ref, label, text, onChange, onPlace, changed, problems }: YamlEditorProps) {
  const area = useRef<HTMLTextAreaElement>(null)
  const leaving = useRef(false)
  const lines = useMemo(() => highlightCode(text, 'yaml'), [text])

  useImperativeHandle(ref, () => ({
    goTo(line) {
      const start =
        text
          .split('\n')
          .slice(0, line - 1)
          .join('\n').length + (line > 1 ? 1 : 0)
      area.current?.focus()
      area.current?.setSelectionRange(start, start)
      onPlace({ line, column: 1 })
      area.current?.parentElement?.querySelector(`[data-line="${line}"]`)?.scrollIntoView({ block: 'center' })
    },
  }))

  const tellPlace = (): void => {
    const before = text.slice(0, area.current?.selectionStart ?? 0).split('\n')
    onPlace({ line: before.length, column: (before.at(-1)?.length ?? 0) + 1 })
  }
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    // Tab indents, as in every editor; Escape first lets it leave, so that the keyboard is not trapped (WCAG 2.1.2)
    if (event.key === 'Tab' && !event.shiftKey && !leaving.current) {
      event.preventDefault()
      insertText(event.currentTarget, '  ')
    } else if (event.key === 'Enter') {
      event.preventDefault()
      insertText(event.currentTarget, `\n${indentAt(event.currentTarget)}`)
    }
    leaving.current = event.key === 'Escape'
  }

  return (
    <div className={styles.editor}>
      <div className={styles.sheet}>
        <pre className={styles.lines} aria-hidden>
          {lines.map((pieces, index) => (
            <span key={index} data-line={index + 1} className={lineClass(index + 1, changed, problems)}>
              <span className={styles.number}>{index + 1}</span>
              {pieces.map((piece, at) => (
                <span key={at} className={styles[piece.kind]}>
                  {piece.text}
                </span>
              ))}
              {'\n'}
            </span>
          ))}
        </pre>
        <textarea
          ref={area}
          className={styles.area}
          aria-label={label}
          title="Tab indents; Escape, then Tab leaves the editor"
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
          onSelect={tellPlace}
          onKeyDown={onKeyDown}
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          wrap="off"
        />
      </div>
    </div>
  )
}

function lineClass(line: number, changed: ReadonlySet<number>, problems: ReadonlySet<number>): string {
  return [styles.line, problems.has(line) ? styles.problem : changed.has(line) ? styles.changed : ''].join(' ')
}

/** The white space that starts the cursor's line. */
function indentAt(area: HTMLTextAreaElement): string {
  const line = area.value.slice(0, area.selectionStart).split('\n').at(-1) ?? ''
  return /^ */.exec(line)?.[0] ?? ''
}

/** As if typed, so that undo knows it: setting the value would clear the history. */
function insertText(area: HTMLTextAreaElement, text: string): void {
  area.focus()
  document.execCommand('insertText', false, text)
}
