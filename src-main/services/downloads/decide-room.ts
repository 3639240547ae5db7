import { AppError } from '../../../src-protocol/app-error.ts'
import type { LibraryRoom } from '../../../src-protocol/downloads.ts'

/** kept free on the disk for everything else */
const leftFree = 256 * 1024 ** 2

/**
 * What a recording takes in the library: its lines, the rows of its replay and the words of the index. Measured on recordings of databases: two to three times
 * its bytes; libraries differ, so theirs is taken where it is known.
 */
export function sizeInLibrary(bytes: number, library: { usedBytes: number; recordedBytes: number }): number {
  const measured = library.recordedBytes > 1024 ** 2 ? library.usedBytes / library.recordedBytes : 2.5
  return Math.ceil(bytes * Math.min(6, Math.max(1.2, measured)))
}

/** Whether so many bytes more fit: undefined, or why not. Nothing is ever removed to make room. */
export function whyNoRoom(room: Pick<LibraryRoom, 'usedBytes' | 'limitBytes' | 'freeBytes'>, needed: number): AppError | undefined {
  const { usedBytes, limitBytes, freeBytes } = room
  if (usedBytes + needed > limitBytes) {
    return new AppError('LIBRARY_FULL', { used: sizeText(usedBytes), limit: sizeText(limitBytes), needed: sizeText(needed) })
  }
  if (needed + leftFree > freeBytes) return new AppError('DISK_FULL', { free: sizeText(freeBytes), needed: sizeText(needed + leftFree) })
  return undefined
}

const units = ['kB', 'MB', 'GB', 'TB']

function sizeText(bytes: number): string {
  let value = bytes / 1000
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 })} ${units[unit]}`
}
