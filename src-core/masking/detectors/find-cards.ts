import type { Found } from './detector.ts'
import { findIbans } from './find-ibans.ts'

const cardDigits = { min: 12, max: 19 }

/**
 * Payment cards: the first digits and the length of an issuer (ISO/IEC 7812), with single spaces or hyphens between groups, and a right
 * check digit. A run is searched by whole groups, so that a number beside a card does not hide it. Digits of an IBAN are no card.
 */
export function findCards(text: string, found: Found): void {
  const cards: { start: number; end: number }[] = []
  for (const run of text.matchAll(/\d(?:[ -]?\d){11,}/g)) {
    const end = run.index + run[0].length
    let start = run.index
    while (end - start >= cardDigits.min) {
      const cardEnd = isDigit(text, start) && !isDigit(text, start - 1) ? endOfCard(text, start, end) : undefined
      if (cardEnd === undefined) start += 1
      else {
        cards.push({ start, end: cardEnd })
        start = cardEnd
      }
    }
  }
  if (cards.length === 0) return
  const ibans: { start: number; end: number }[] = []
  findIbans(text, (start, end) => ibans.push({ start, end }))
  let next = 0
  for (const card of cards) {
    while (next < ibans.length && ibans[next]!.end <= card.start) next += 1
    const iban = ibans[next]
    if (iban === undefined || card.start < iban.start || card.end > iban.end) found(card.start, card.end)
  }
}

/** Whether an issuer gives cards of this length to numbers that begin so. Visa's 13 digits are no longer issued: those are EANs. */
function isIssued(prefix: number, length: number): boolean {
  const first = Math.floor(prefix / 100)
  if (first >= 40 && first <= 49) return length === 16 || length === 19
  if (first >= 51 && first <= 55) return length === 16
  if (first >= 22 && first <= 27) return length === 16 && ((prefix >= 2200 && prefix <= 2204) || (prefix >= 2221 && prefix <= 2720))
  if (first === 34 || first === 37) return length === 15
  if (first === 30 || first === 36 || first === 38 || first === 39) return length === 14 || length === 16 || length === 19
  if (first === 35 || first === 60 || first === 62 || first === 64 || first === 65) return length >= 16
  // Maestro
  return (first === 50 || (first >= 56 && first <= 58) || (first >= 61 && first <= 69)) && length >= cardDigits.min
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
  let prefix = 0
  let longest: number | undefined
  for (let at = start; at < limit && count <= cardDigits.max; at += 1) {
    const digit = text.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) continue
    const doubled = digit > 4 ? digit * 2 - 9 : digit * 2
    const even = count % 2 === 0
    sumDoublingEven += even ? doubled : digit
    sumDoublingOdd += even ? digit : doubled
    if (count < 4) prefix = prefix * 10 + digit
    count += 1
    if (count < cardDigits.min || count > cardDigits.max || isDigit(text, at + 1)) continue
    if ((count % 2 === 0 ? sumDoublingEven : sumDoublingOdd) % 10 === 0 && isIssued(prefix, count)) longest = at + 1
  }
  return longest
}
