import type { Found } from './detector.ts'
import { eachMatch } from './each-match.ts'
import { findIbans } from './find-ibans.ts'

const cardDigits = { min: 12, max: 19 }
const digitRun = /\d(?:[ -]?\d){11,}/g

/**
 * Payment cards: the first digits and the length of an issuer (ISO/IEC 7812), with single spaces or hyphens between groups, and a right
 * check digit. A run is searched by whole groups, so that a number beside a card does not hide it. Digits of an IBAN are no card.
 */
export function findCards(text: string, found: Found): void {
  const cards: { start: number; end: number }[] = []
  eachMatch(digitRun, text, ({ 0: run, index }) => {
    const digits = readDigits(text, index, index + run.length)
    const { count, at } = digits
    for (let first = 0; first + cardDigits.min <= count;) {
      const length = beginsGroup(digits, first) ? lengthOfCard(text, digits, first) : 0
      if (length > 0) cards.push({ start: at[first]!, end: at[first + length - 1]! + 1 })
      first += Math.max(1, length)
    }
  })
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

/** The digits of a run: where each stands, and the sums of Luhn's formula up to it. */
interface Digits {
  count: number
  at: Int32Array
  /** if those with an even index are doubled, and if those with an odd one are */
  evenDoubled: Int32Array
  oddDoubled: Int32Array
}

const emptyDigits = (length: number): Digits => ({
  count: 0,
  at: new Int32Array(length),
  evenDoubled: new Int32Array(length + 1),
  oddDoubled: new Int32Array(length + 1),
})

/** Most runs are short: they share one room. */
const shortRun = 64
const short = emptyDigits(shortRun)

function readDigits(text: string, start: number, end: number): Digits {
  const digits = end - start <= shortRun ? short : emptyDigits(end - start)
  const { at, evenDoubled, oddDoubled } = digits
  let count = 0
  for (let place = start; place < end; place += 1) {
    const digit = text.charCodeAt(place) - 48
    if (digit < 0 || digit > 9) continue
    const doubled = digit > 4 ? digit * 2 - 9 : digit * 2
    const even = count % 2 === 0
    evenDoubled[count + 1] = evenDoubled[count]! + (even ? doubled : digit)
    oddDoubled[count + 1] = oddDoubled[count]! + (even ? digit : doubled)
    at[count] = place
    count += 1
  }
  digits.count = count
  return digits
}

const beginsGroup = ({ at }: Digits, index: number): boolean => index === 0 || at[index]! > at[index - 1]! + 1

/** How many digits the longest card has that begins at this one and ends where a group of digits ends; 0 if there is none. */
function lengthOfCard(text: string, digits: Digits, first: number): number {
  const { at, count, evenDoubled, oddDoubled } = digits
  let prefix = 0
  for (let index = first; index < first + 4; index += 1) prefix = prefix * 10 + text.charCodeAt(at[index]!) - 48
  for (let length = Math.min(cardDigits.max, count - first); length >= cardDigits.min; length -= 1) {
    const end = first + length
    if (!isIssued(prefix, length) || (end < count && !beginsGroup(digits, end))) continue
    // the last digit is not doubled, the one before it is
    const sums = end % 2 === 0 ? evenDoubled : oddDoubled
    if ((sums[end]! - sums[first]!) % 10 === 0) return length
  }
  return 0
}
