import type { Found } from './detector.ts'

const cardDigits = { min: 12, max: 19 }

/**
 * Payment cards: 12–19 digits (ISO/IEC 7812) of an issuer range that begins with 2–6, with single spaces or hyphens between groups,
 * and a right check digit. A run is searched by whole groups, so that a number beside a card does not hide it.
 */
export function findCards(text: string, found: Found): void {
  for (const run of text.matchAll(/\d(?:[ -]?\d){11,}/g)) {
    const end = run.index + run[0].length
    let start = run.index
    while (end - start >= cardDigits.min) {
      const cardEnd = isDigit(text, start) && !isDigit(text, start - 1) ? endOfCard(text, start, end) : undefined
      if (cardEnd === undefined) start += 1
      else {
        found(start, cardEnd)
        start = cardEnd
      }
    }
  }
}

const isDigit = (text: string, at: number): boolean => {
  const code = text.charCodeAt(at)
  return code >= 48 && code <= 57
}

/** The end of the longest card that begins at `start` and ends where a group of digits ends. */
function endOfCard(text: string, start: number, limit: number): number | undefined {
  const first = text.charCodeAt(start) - 48
  if (first < 2 || first > 6) return undefined
  // Luhn from the left, for an even and an odd number of digits at once
  let count = 0
  let sumDoublingEven = 0
  let sumDoublingOdd = 0
  let longest: number | undefined
  for (let at = start; at < limit && count <= cardDigits.max; at += 1) {
    if (!isDigit(text, at)) continue
    const digit = text.charCodeAt(at) - 48
    const doubled = digit > 4 ? digit * 2 - 9 : digit * 2
    const even = count % 2 === 0
    sumDoublingEven += even ? doubled : digit
    sumDoublingOdd += even ? digit : doubled
    count += 1
    if (count < cardDigits.min || count > cardDigits.max || isDigit(text, at + 1)) continue
    if ((count % 2 === 0 ? sumDoublingEven : sumDoublingOdd) % 10 === 0) longest = at + 1
  }
  return longest
}
