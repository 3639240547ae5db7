import { countrySpecs } from 'ibantools'
import type { MaskingRule } from '../../src-protocol/policy-document.ts'

export type DetectorName = NonNullable<MaskingRule['detect']>[number]

/** `found` is called with [start, end) in the text. */
type Detector = (text: string, found: (start: number, end: number) => void) => void

/** Every detector runs in time linear in the text, whatever the text: the patterns have no nested or adjacent repetition. */
export const detectors: Record<DetectorName, Detector> = { card: findCards, iban: findIbans, email: findEmails, ssn: findSsns }

/** A text without a digit and without an @ holds nothing that a detector looks for. */
export const mayHoldSensitiveData = (text: string): boolean => /[\d@]/.test(text)

const cardDigits = { min: 12, max: 19 }

/**
 * Payment cards: 12–19 digits (ISO/IEC 7812) of an issuer range that begins with 2–6, with single spaces or hyphens between groups,
 * and a right check digit. A run is searched by whole groups, so that a number beside a card does not hide it.
 */
function findCards(text: string, found: (start: number, end: number) => void): void {
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

const longestIban = 34

/** IBAN (ISO 13616): country and its length, in groups or not, and the check digits (ISO 7064, mod 97-10). */
function findIbans(text: string, found: (start: number, end: number) => void): void {
  for (const match of text.matchAll(/(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?=[ -]?[A-Za-z0-9])/g)) {
    const country = countrySpecs[match[0].slice(0, 2).toUpperCase()]
    if (!country?.chars) continue
    const candidate = alphanumericFrom(text, match.index, country.chars)
    const end = candidate.end
    if (candidate.characters.length !== country.chars || /[A-Za-z0-9]/.test(text.charAt(end))) continue
    if (hasIbanCheckDigits(candidate.characters.toUpperCase())) found(match.index, end)
  }
}

/** ISO 13616: the first four characters moved to the end, letters as 10–35, the whole modulo 97 is 1. */
export function hasIbanCheckDigits(iban: string): boolean {
  let remainder = 0
  for (const character of iban.slice(4) + iban.slice(0, 4)) {
    const value = Number.parseInt(character, 36)
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97
  }
  return remainder === 1
}

function alphanumericFrom(text: string, start: number, length: number): { characters: string; end: number } {
  let characters = ''
  let end = start
  for (let at = start, separated = false; at < text.length && characters.length < Math.min(length, longestIban); at += 1) {
    const character = text.charAt(at)
    if (/[A-Za-z0-9]/.test(character)) {
      characters += character
      end = at + 1
      separated = false
    } else if ((character === ' ' || character === '-') && !separated) separated = true
    else break
  }
  return { characters, end }
}

const longestLocalPart = 64
const longestDomain = 255

/** Email addresses (RFC 5321 mailbox, unquoted), found from their @ outwards. */
function findEmails(text: string, found: (start: number, end: number) => void): void {
  let from = 0
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    let start = at
    while (start > from && at - start < longestLocalPart && /[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]/u.test(text.charAt(start - 1))) start -= 1
    const domain = /^[\p{L}\p{N}](?:[\p{L}\p{N}-]|\.(?=[\p{L}\p{N}]))*/u.exec(text.slice(at + 1, at + 1 + longestDomain))?.[0]
    if (start === at || domain === undefined || !/\.[\p{L}]{2,}$/u.test(domain)) continue
    from = at + 1 + domain.length
    found(start, from)
  }
}

/** US social security numbers, written with hyphens or spaces; never-issued areas, groups and serials are none. */
function findSsns(text: string, found: (start: number, end: number) => void): void {
  for (const match of text.matchAll(/(?<![\d-])(\d{3})([- ])(\d{2})\2(\d{4})(?![\d-])/g)) {
    const [whole, area, , group, serial] = match
    if (area === '000' || area === '666' || area! >= '900' || group === '00' || serial === '0000') continue
    found(match.index, match.index + whole.length)
  }
}
