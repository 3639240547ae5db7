import type { Found } from './detector.ts'

/** US social security numbers, written with hyphens or spaces; never-issued areas, groups and serials are none. */
export function findSsns(text: string, found: Found): void {
  for (const match of text.matchAll(/(?<![\d-])(\d{3})([- ])(\d{2})\2(\d{4})(?![\d-])/g)) {
    const [whole, area, , group, serial] = match
    if (area === '000' || area === '666' || area! >= '900' || group === '00' || serial === '0000') continue
    found(match.index, match.index + whole.length)
  }
}
