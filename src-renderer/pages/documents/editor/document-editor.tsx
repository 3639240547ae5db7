import { lazy, Suspense, type Ref } from 'react'
import type { DocumentProblem } from '../../../../src-protocol/policy-version.ts'
import { LoadingRows } from '../../../components/loading-rows.tsx'
import type { DocumentKind } from '../document-kind.ts'
import styles from './document-editor.module.css'

export interface DocumentEditorHandle {
  /** puts the cursor at the start of a line and shows it */
  goTo: (line: number) => void
}

export interface DocumentEditorProps {
  ref: Ref<DocumentEditorHandle>
  kind: DocumentKind
  label: string
  text: string
  onChange: (text: string) => void
  onPlace: (place: { line: number; column: number }) => void
  /** what it is compared with */
  base: string
  /** numbers (from 1) of lines that `base` does not have */
  changed: ReadonlySet<number>
  /** with the lines of `base` that are gone, and only what is near a change */
  difference: boolean
  problems: readonly DocumentProblem[]
}

/** The editor is as large as the rest of the page: only who writes a draft loads it. */
const CodeMirrorEditor = lazy(() => import('./code-mirror-editor.tsx').then((module) => ({ default: module.CodeMirrorEditor })))

/** YAML with colours, completion and explanations by the document's schema, and its problems at their lines. */
export function DocumentEditor(props: DocumentEditorProps) {
  return (
    <div className={styles.editor}>
      <Suspense fallback={<LoadingRows rows={12} label="Loading the editor" />}>
        <CodeMirrorEditor {...props} />
      </Suspense>
    </div>
  )
}
