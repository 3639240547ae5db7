import { completionStatus } from '@codemirror/autocomplete'
import { EditorView } from '@codemirror/view'

/** Keys that by themselves write nothing. */
const silent = new Set(['Escape', 'Tab', 'Shift', 'Control', 'Alt', 'Meta'])

/** Tab indents, as in every editor; Escape first lets it leave, so that the keyboard is not trapped (WCAG 2.1.2). */
export const leaveWithEscape = EditorView.domEventHandlers({
  keydown({ key }, view) {
    // there Escape closes the list
    if (key === 'Escape' && completionStatus(view.state) === null) view.setTabFocusMode(true)
    else if (!silent.has(key)) view.setTabFocusMode(false)
    return false
  },
  blur(_event, view) {
    view.setTabFocusMode(false)
  },
})
