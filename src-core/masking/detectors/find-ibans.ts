import { countrySpecs } from 'ibantools'
import type { Found } from './detector.ts'
import { eachMatch } from './each-match.ts'

const longestIban = 34
const beginning = /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?=[ -]?[A-Za-z0-9])/g

/** IBAN (ISO 13616): country and its length, in groups or not, and the check digits (ISO 7064, mod 97-10). */
export function findIbans(text: string, found: Found): void {
  eachMatch(beginning, text, ({ 0: letters, index }) => {
    const country = countrySpecs[letters.slice(0, 2).toUpperCase()]
    if (!country?.chars) return
    const candidate = alphanumericFrom(text, index, country.chars)
    const end = candidate.end
    if (candidate.characters.length !== country.chars || /[A-Za-z0-9]/.test(text.charAt(end))) return
    if (hasIbanCheckDigits(candidate.characters.toUpperCase())) found(index, end)
  })
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
