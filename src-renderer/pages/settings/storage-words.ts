import type { StorageHealth } from '../../../src-protocol/storage.ts'

export function bytesText(bytes: number): string {
  if (bytes >= 1e12) return `${(bytes / 1e12).toFixed(1)} TB`
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`
  return `${Math.round(bytes / 1e6)} MB`
}

export const spaceText = ({ freeBytes, totalBytes }: StorageHealth['log']): string =>
  `${bytesText(freeBytes)} of ${bytesText(totalBytes)} free`
