import type { StorageHealth } from '../../../src-protocol/storage.ts'
import { bytesText } from '../../components/bytes-text.ts'

export const spaceText = ({ freeBytes, totalBytes }: StorageHealth['log']): string =>
  `${bytesText(freeBytes)} of ${bytesText(totalBytes)} free`
