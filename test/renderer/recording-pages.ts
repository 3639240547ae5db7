import type { PageUnderTest } from './pages.ts'

/** Pages of recordings: library, replay, proof, comparison. */
export const recordingPages: readonly PageUnderTest[] = [
  { name: 'recordings', path: '/recordings', as: 'helene' },
  { name: 'recordings-offline', path: '/recordings', as: 'helene', scenario: 'offline' },
  { name: 'recordings-empty', path: '/recordings', as: 'helene', scenario: 'empty' },
]
