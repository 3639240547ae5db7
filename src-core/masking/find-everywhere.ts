import { decodeBase64Text } from './decode-base64-text.ts'
import { findBase64Words } from './find-base64-words.ts'
import type { ActiveDetector } from './load-masking.ts'
import { actionOn, needsValue } from './mask-action.ts'
import { joinFinds, type Find } from './merge-finds.ts'
import { decodePercents, normaliseForSearch, type SearchText } from './normalise-for-search.ts'

/**
 * What the detectors find in a text as a reader would see it: normalised, with one level of URL or base64 encoding resolved. Places
 * are those of the original; a find inside base64 is the whole base64 word, since a part of it cannot be replaced.
 */
export function findEverywhere(value: string, detectors: readonly ActiveDetector[], field: string): Find[] {
  const found: Find[] = []
  findIn(normaliseForSearch(value), detectors, field, found)
  const decoded = decodePercents(value)
  if (decoded) {
    const normalised = normaliseForSearch(decoded.text)
    const origin = (start: number, end: number) => {
      const place = normalised.origin(start, end)
      return decoded.origin(place.start, place.end)
    }
    findIn({ text: normalised.text, origin }, detectors, field, found)
  }
  findBase64Words(value, (start, end) => {
    const text = decodeBase64Text(value.slice(start, end))
    if (text === undefined) return
    const inside: Find[] = []
    findIn(normaliseForSearch(text), detectors, field, inside)
    const joined = joinFinds(inside, start, end)
    if (joined) found.push(joined)
  })
  return found
}

function findIn({ text, origin }: SearchText, detectors: readonly ActiveDetector[], field: string, found: Find[]): void {
  for (const { rule, kind, action, find } of detectors) {
    if (needsValue(action)) {
      find(
        text,
        (start, end) => {
          const value = text.slice(start, end)
          found.push({ ...origin(start, end), rule, kind, action: actionOn(action, value), value })
        },
        field,
      )
    } else find(text, (start, end) => found.push({ ...origin(start, end), rule, kind, action, value: undefined }), field)
  }
}
