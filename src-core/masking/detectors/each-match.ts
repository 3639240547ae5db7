/**
 * Visits every match of a global expression. `matchAll` copies the expression for each text, and of the many short texts of a message most
 * hold no match at all. The expression keeps its place meanwhile: what is called must not search with the same one.
 */
export function eachMatch(shape: RegExp, text: string, visit: (match: RegExpExecArray) => void): void {
  shape.lastIndex = 0
  for (let match = shape.exec(text); match; match = shape.exec(text)) visit(match)
}
