import type { Found } from './detector.ts'
import { eachMatch } from './each-match.ts'

/** A shape, and the check digits that a value of that shape must have. */
const identifiers: { shape: RegExp; letters?: true; isValid: (digits: string) => boolean }[] = [
  // Brazil, CPF: 111.444.777-35 or 11144477735
  { shape: /(?<![\w.-])(?:\d{3}\.\d{3}\.\d{3}-\d{2}|\d{11})(?!\w|[.-]\d)/g, isValid: isCpf },
  // Spain, DNI and NIE: 12345678Z, X1234567L
  { shape: /(?<![\w-])(?:\d{8}|[XYZxyz]-?\d{7})-?[A-Za-z](?![\w-])/g, isValid: isDni },
  // France, NIR: 1 84 12 76 451 089 46
  { shape: /(?<![\w.-])[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}(?!\w|[.-]\d)/g, isValid: isNir },
  // Italy, codice fiscale: RSSMRA85T10A562S
  {
    shape:
      /(?<!\w)[A-Za-z]{6}[\dLMNPQRSTUVlmnpqrstuv]{2}[A-EHLMPRSTa-ehlmprst][\dLMNPQRSTUVlmnpqrstuv]{2}[A-Za-z][\dLMNPQRSTUVlmnpqrstuv]{3}[A-Za-z](?!\w)/g,
    letters: true,
    isValid: isCodiceFiscale,
  },
  // Poland, PESEL: 44051401359
  { shape: /(?<![\w.-])\d{11}(?!\w|[.-]\d)/g, isValid: isPesel },
]

/** What all those have in common that consist of digits but for a letter or two. */
const sixDigits = /\d{3}[. ]?\d{3}/

/** National identity numbers of Brazil, France, Italy, Poland and Spain: those that carry check digits of their own. */
export function findNationalIds(text: string, found: Found): void {
  const digits = sixDigits.test(text)
  for (const { shape, letters, isValid } of identifiers) {
    if (!digits && !letters) continue
    eachMatch(shape, text, ({ 0: value, index }) => {
      if (isValid(value.replace(/[ .-]/g, '').toUpperCase())) found(index, index + value.length)
    })
  }
}

function isCpf(digits: string): boolean {
  if (/^(\d)\1+$/.test(digits)) return false
  const check = (length: number): number => ((weighted(digits.slice(0, length), (at) => length + 1 - at) * 10) % 11) % 10
  return check(9) === Number(digits[9]) && check(10) === Number(digits[10])
}

function isDni(identifier: string): boolean {
  const number = Number(identifier.slice(0, -1).replace(/^[XYZ]/, (letter) => String('XYZ'.indexOf(letter))))
  return 'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23] === identifier.at(-1) && number > 0
}

function isNir(identifier: string): boolean {
  const number = identifier.slice(0, 13).replace('2A', '19').replace('2B', '18')
  return 97n - (BigInt(number) % 97n) === BigInt(identifier.slice(13))
}

const oddValues = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]

function isCodiceFiscale(identifier: string): boolean {
  let sum = 0
  for (let at = 0; at < 15; at += 1) {
    const code = identifier.charCodeAt(at)
    const value = code >= 65 ? code - 65 : code - 48
    // positions are counted from one: the first is odd
    sum += at % 2 === 0 ? oddValues[value]! : value
  }
  return identifier.charCodeAt(15) - 65 === sum % 26
}

const peselWeights = [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]

function isPesel(digits: string): boolean {
  const month = Number(digits.slice(2, 4)) % 20
  const day = Number(digits.slice(4, 6))
  if (month < 1 || month > 12 || day < 1 || day > 31) return false
  return (10 - (weighted(digits.slice(0, 10), (at) => peselWeights[at]!) % 10)) % 10 === Number(digits[10])
}

function weighted(digits: string, weight: (at: number) => number): number {
  let sum = 0
  for (let at = 0; at < digits.length; at += 1) sum += Number(digits[at]) * weight(at)
  return sum
}
