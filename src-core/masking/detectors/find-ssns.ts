import type { Found } from './detector.ts'
import { eachMatch } from './each-match.ts'

const shape = /(?<![\d-])(\d{3})([- ])(\d{2})\2(\d{4})(?![\d-])/g

/** US social security numbers, written with hyphens or spaces; never-issued areas, groups and serials are none. */
export function findSsns(text: string, found: Found): void {
  eachMatch(shape, text, ({ 0: whole, 1: area = '', 3: group, 4: serial, index }) => {
    if (area === '000' || area === '666' || area >= '900' || group === '00' || serial === '0000') return
    found(index, index + whole.length)
  })
}
