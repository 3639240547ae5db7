import { parsePhoneNumberFromString, type CountryCode } from 'libphonenumber-js/min'
import type { Found } from './detector.ts'
import { eachMatch } from './each-match.ts'

/**
 * How a number looks, and in which countries a number of that look must exist. Without a country code only shapes that are rich in
 * separators count: plain digits are order numbers more often than phones. `mark`, where there is one, is looked for first.
 */
const shapes: { mark?: string; shape: RegExp; countries: CountryCode[] }[] = [
  // +49 151 23456789, +1 (415) 555-2671, +44 (0)20 7946 0958
  { mark: '+', shape: /(?<![\w+])\+\d(?:[ .()/-]{0,3}\d){6,14}(?![\d])/g, countries: [] },
  // 0049 151 23456789
  { mark: '00', shape: /(?<![\w.+-]|\d )00[ -]?[1-9]\d{0,2}(?:[ /-]\d{2,8}){2,5}(?!\w|[ -]\d)/g, countries: ['DE'] },
  // (415) 555-2671
  { mark: '(', shape: /(?<![\w.+-])(?:1[ .-])?\(\d{3}\) ?\d{3}[ .-]\d{4}(?!\w|[.-]\d)/g, countries: ['US'] },
  // 415-555-2671, 415.555.2671
  { shape: /(?<![\w/]|[\w+][.-])(?:1[.-])?\d{3}([.-])\d{3}\1\d{4}(?!\w|[.-]\d)/g, countries: ['US'] },
  // 01 23 45 67 89
  { mark: '0', shape: /(?<![\w.+-]|\d )0[1-9](?:([ .-])\d{2}(?:\1\d{2}){3})(?!\w|[ .-]\d)/g, countries: ['FR'] },
  // 020 7946 0958, 07700 900123, 030 901820-0 is left alone
  { mark: ' ', shape: /(?<![\w.+-]|\d )0\d{2,4} \d{3,4} \d{3,4}(?!\w|[ .-]\d)/g, countries: ['GB'] },
  // (030) 123456, 030/123456
  { shape: /(?<![\w.+-])(?:\(0\d{2,4}\) ?|0\d{2,4}\/)\d{5,8}(?!\w|[./-]\d)/g, countries: ['DE'] },
]

/** A look-up costs some 30 µs. Past this many in one text the shape alone decides, so that a hostile text costs no more. */
const lookUps = 500

/** What all shapes have in common. */
const sevenDigits = /\d(?:[ .()/-]{0,3}\d){6}/

/** Phone numbers that can exist, by the numbering plan of their country (libphonenumber). */
export function findPhones(text: string, found: Found): void {
  if (!sevenDigits.test(text)) return
  let left = lookUps
  for (const { mark, shape, countries } of shapes) {
    if (mark !== undefined && !text.includes(mark)) continue
    eachMatch(shape, text, ({ 0: number, index }) => {
      left -= 1
      if (left < 0 || exists(number, countries)) found(index, index + number.length)
    })
  }
}

function exists(number: string, countries: readonly CountryCode[]): boolean {
  if (countries.length > 0 && !number.startsWith('00'))
    return countries.some((country) => parsePhoneNumberFromString(number, country)?.isValid() === true)
  const parsed = parsePhoneNumberFromString(number.replace(/^00/, '+'))
  // somebody who groups digits after a + means a phone: ranges that are new to the library count too
  return parsed !== undefined && (/\d[ .()/-]/.test(number) ? parsed.isPossible() : parsed.isValid())
}
