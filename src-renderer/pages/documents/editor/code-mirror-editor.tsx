import { useEffect, useImperativeHandle, useRef } from 'react'
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { yaml } from '@codemirror/lang-yaml'
import { bracketMatching, codeFolding, foldGutter, foldKeymap, indentUnit } from '@codemirror/language'
import { lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint'
import { unifiedMergeView } from '@codemirror/merge'
import { Compartment, EditorState, type Extension } from '@codemirror/state'
import { drawSelection, EditorView, keymap, lineNumbers } from '@codemirror/view'
import { documentSchema } from '../../../../src-protocol/document-schema.ts'
import { styleNonce } from '../../../theme/style-nonce.ts'
import { changedLineMarks, markChangedLines } from './changed-line-marks.ts'
import type { DocumentEditorProps } from './document-editor.tsx'
import { diagnosticsOf } from './document-diagnostics.ts'
import { editorTheme } from './editor-theme.ts'
import { leaveWithEscape } from './leave-with-escape.ts'
import { completionSource, schemaHover } from './schema-assistance.ts'
import type { SchemaNode } from './schema-lookup.ts'
import styles from './document-editor.module.css'

/** See `DocumentEditor`, which loads it. */
export function CodeMirrorEditor(props: DocumentEditorProps) {
  const { ref, kind, label, text, base, changed, difference, problems } = props
  const sheet = useRef<HTMLDivElement>(null)
  const view = useRef<EditorView>(null)
  const comparison = useRef(new Compartment())
  const told = useRef(props)
  useEffect(() => {
    told.current = props
  })

  useEffect(() => {
    if (!sheet.current) return undefined
    const state = EditorState.create({
      doc: told.current.text,
      extensions: [extensionsFor(kind, label), comparison.current.of([]), EditorView.updateListener.of(tell)],
    })
    const created = new EditorView({ state, parent: sheet.current })
    view.current = created
    function tell({ docChanged, selectionSet, state: now }: { docChanged: boolean; selectionSet: boolean; state: EditorState }): void {
      if (docChanged) told.current.onChange(now.sliceDoc())
      if (!docChanged && !selectionSet) return
      const { head } = now.selection.main
      const line = now.doc.lineAt(head)
      told.current.onPlace({ line: line.number, column: head - line.from + 1 })
    }
    return () => {
      created.destroy()
      view.current = null
    }
  }, [kind, label])

  useEffect(() => {
    const shown = view.current
    if (shown && shown.state.sliceDoc() !== text) {
      shown.dispatch({ changes: { from: 0, to: shown.state.doc.length, insert: text } })
    }
  }, [text])
  useEffect(() => {
    view.current?.dispatch({ effects: comparison.current.reconfigure(difference ? differenceTo(base) : []) })
  }, [difference, base])
  useEffect(() => {
    view.current?.dispatch({ effects: markChangedLines.of(difference ? new Set() : changed) })
  }, [changed, difference])
  useEffect(() => {
    const shown = view.current
    if (shown) shown.dispatch(setDiagnostics(shown.state, diagnosticsOf(shown.state.doc, problems)))
  }, [problems])

  useImperativeHandle(ref, () => ({
    goTo(number) {
      const shown = view.current
      if (!shown) return
      const line = shown.state.doc.line(Math.min(Math.max(number, 1), shown.state.doc.lines))
      shown.dispatch({ selection: { anchor: line.from }, effects: EditorView.scrollIntoView(line.from, { y: 'center' }) })
      shown.focus()
    },
  }))

  return <div ref={sheet} className={styles.sheet} />
}

function extensionsFor(kind: DocumentEditorProps['kind'], label: string): Extension[] {
  const schema = documentSchema(kind) as SchemaNode
  return [
    EditorView.cspNonce.of(styleNonce()),
    EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0', spellcheck: 'false', autocorrect: 'off', autocapitalize: 'off' }),
    lineNumbers(),
    codeFolding(),
    foldGutter(),
    lintGutter(),
    history(),
    drawSelection(),
    yaml(),
    indentUnit.of('  '),
    EditorState.tabSize.of(2),
    bracketMatching(),
    closeBrackets(),
    autocompletion({ override: [completionSource(schema)], icons: false }),
    schemaHover(schema),
    changedLineMarks,
    leaveWithEscape,
    editorTheme,
    keymap.of([
      ...completionKeymap,
      ...closeBracketsKeymap,
      ...lintKeymap,
      ...foldKeymap,
      ...historyKeymap,
      ...defaultKeymap,
      indentWithTab,
    ]),
  ]
}

const differenceTo = (base: string): Extension =>
  unifiedMergeView({
    original: base,
    mergeControls: false,
    gutter: false,
    syntaxHighlightDeletions: true,
    collapseUnchanged: { margin: 3, minSize: 6 },
  })
