import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'

/** The application's own colours: they are variables, so that light and dark need no theme each. */
const frame = EditorView.theme({
  '&': { height: '100%', background: 'var(--gh-bg-sunken)', color: 'var(--gh-code-str)', fontSize: '12px' },
  // drawn over the gutters, by what is round it
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': {
    fontFamily: 'var(--gh-mono)',
    lineHeight: '20px',
    fontVariantLigatures: 'none',
    fontFeatureSettings: "'calt' 0",
    overflow: 'auto',
  },
  '.cm-content': { padding: '8px 0', caretColor: 'var(--gh-text)' },
  '.cm-line': { padding: '0 16px 0 8px' },
  '.cm-cursor': { borderLeftColor: 'var(--gh-text)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    background: 'color-mix(in srgb, var(--gh-accent) 30%, transparent)',
  },
  '.cm-activeLine, .cm-activeLineGutter': { background: 'transparent' },
  '.cm-activeLineGutter': { color: 'var(--gh-text)' },
  '.cm-gutters': { background: 'var(--gh-bg-sunken)', color: 'var(--gh-code-dim)', border: '0' },
  '.cm-lineNumbers .cm-gutterElement': { minWidth: '36px', padding: '0 8px 0 0' },
  '.cm-foldGutter .cm-gutterElement': { color: 'var(--gh-text-3)' },
  '.cm-foldPlaceholder': { background: 'var(--gh-bg-hover)', border: '0', color: 'var(--gh-text-2)', padding: '0 4px' },
  '.cm-changedByDraft': { background: 'var(--gh-bg-selected)', boxShadow: 'inset 3px 0 var(--gh-accent)' },
  '.cm-matchingBracket, .cm-nonmatchingBracket': { background: 'var(--gh-bg-hover)', color: 'inherit' },
})

const popups = EditorView.theme({
  '.cm-tooltip': {
    background: 'var(--gh-bg-surface)',
    color: 'var(--gh-text)',
    border: '1px solid var(--gh-line-strong)',
    borderRadius: 'var(--gh-r-m)',
    boxShadow: 'var(--gh-shadow-pop)',
    overflow: 'hidden',
  },
  '.cm-tooltip.cm-tooltip-autocomplete': { overflow: 'visible' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { font: '12px/20px var(--gh-mono)', maxHeight: '220px' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '2px 8px', color: 'var(--gh-text)' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    background: 'var(--gh-bg-selected)',
    color: 'var(--gh-text)',
    boxShadow: 'inset 3px 0 var(--gh-accent)',
  },
  '.cm-completionDetail': { color: 'var(--gh-text-3)', fontStyle: 'normal', marginLeft: '12px' },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '600' },
  '.cm-tooltip.cm-completionInfo': {
    padding: '8px 12px',
    maxWidth: '320px',
    font: '12px/16px var(--gh-font)',
    color: 'var(--gh-text-2)',
  },
  '.cm-explanation': { padding: '8px 12px', maxWidth: '420px', font: '12px/16px var(--gh-font)', color: 'var(--gh-text-2)' },
  '.cm-explanation strong': { font: '600 12px/20px var(--gh-mono)', color: 'var(--gh-text)' },
  '.cm-explanation p + p': { marginTop: '4px' },
})

const marks = EditorView.theme({
  '.cm-lintRange': { backgroundImage: 'none', paddingBottom: '0' },
  '.cm-lintRange-error': { textDecoration: 'underline wavy var(--gh-denied)', textUnderlineOffset: '3px' },
  '.cm-lintRange-warning': { textDecoration: 'underline wavy var(--gh-held)', textUnderlineOffset: '3px' },
  '.cm-lintRange-active': { background: 'transparent' },
  '.cm-lintPoint-hint::after': { display: 'none' },
  '.cm-gutter-lint': { width: '18px' },
  '.cm-gutter-lint .cm-gutterElement': { padding: '0 0 0 4px' },
  '.cm-lint-marker': { width: '12px', height: '20px', font: '600 12px/20px var(--gh-font)', textAlign: 'center' },
  // of its own it is an image
  '.cm-lint-marker.cm-lint-marker': { content: 'normal' },
  '.cm-lint-marker-error': { color: 'var(--gh-denied)' },
  '.cm-lint-marker-error::before': { content: '"\\2715"' },
  '.cm-lint-marker-warning': { color: 'var(--gh-held)' },
  '.cm-lint-marker-warning::before': { content: '"!"' },
  '.cm-lint-marker-hint': { color: 'var(--gh-allowed)' },
  '.cm-lint-marker-hint::before': { content: '"\\2713"' },
  '.cm-diagnostic': { padding: '6px 12px', maxWidth: '480px', font: '12px/16px var(--gh-font)', borderLeftWidth: '3px' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--gh-denied-mark)' },
  '.cm-diagnostic-warning': { borderLeftColor: 'var(--gh-held-mark)' },
  '.cm-diagnostic-hint': { borderLeftColor: 'var(--gh-allowed-mark)' },
  '.cm-deletedChunk': { background: 'var(--gh-denied-bg)', boxShadow: 'inset 3px 0 var(--gh-denied-mark)', padding: '0 0 0 8px' },
  '.cm-deletedChunk .cm-deletedText, .cm-deletedChunk del': { background: 'transparent', textDecoration: 'none' },
  '&.cm-merge-b .cm-changedLine, .cm-inlineChangedLine': {
    background: 'var(--gh-bg-selected)',
    boxShadow: 'inset 3px 0 var(--gh-accent)',
  },
  '&.cm-merge-b .cm-changedText': { background: 'color-mix(in srgb, var(--gh-accent) 20%, transparent)' },
  '.cm-collapsedLines': {
    background: 'var(--gh-bg-hover)',
    color: 'var(--gh-text-2)',
    font: '12px/20px var(--gh-font)',
    padding: '2px 16px',
  },
  '.cm-collapsedLines::before, .cm-collapsedLines::after': { content: '"…"' },
})

const code = HighlightStyle.define([
  { tag: [tags.definition(tags.propertyName), tags.propertyName], color: 'var(--gh-code-key)' },
  { tag: [tags.comment, tags.meta], color: 'var(--gh-code-dim)' },
  { tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace], color: 'var(--gh-code-dim)' },
  { tag: [tags.keyword, tags.labelName, tags.typeName], color: 'var(--gh-code-kw)' },
  { tag: [tags.string, tags.content, tags.attributeValue], color: 'var(--gh-code-str)' },
])

export const editorTheme = [frame, popups, marks, syntaxHighlighting(code)]
