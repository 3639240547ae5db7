import { StateEffect, StateField, type Text } from '@codemirror/state'
import { Decoration, EditorView, type DecorationSet } from '@codemirror/view'

/** Numbers (from 1) of the lines that a draft changed. */
export const markChangedLines = StateEffect.define<ReadonlySet<number>>()

const mark = Decoration.line({ class: 'cm-changedByDraft' })

/** Draws the lines that were named last; while somebody types they move along with their text. */
export const changedLineMarks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, { changes, effects, state }) {
    const named = effects.find((effect) => effect.is(markChangedLines))
    return named ? marksOf(state.doc, named.value) : marks.map(changes)
  },
  provide: (field) => EditorView.decorations.from(field),
})

const marksOf = (doc: Text, lines: ReadonlySet<number>): DecorationSet =>
  Decoration.set(
    [...lines]
      .filter((line) => line >= 1 && line <= doc.lines)
      .toSorted((one, other) => one - other)
      .map((line) => mark.range(doc.line(line).from)),
  )
