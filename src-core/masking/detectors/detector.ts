/** Called with [start, end) in the text that was searched. */
export type Found = (start: number, end: number) => void

/**
 * Reports every place of its kind. It runs in time linear in the text, whatever the text.
 * @param field the name of the field that holds the text, where there is one: `1.2.3.4` in a field `version` is no address
 */
export type Detector = (text: string, found: Found, field?: string) => void
