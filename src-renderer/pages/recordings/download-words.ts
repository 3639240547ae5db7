import type { DownloadsState } from '../../../src-protocol/downloads.ts'

/** What the downloads do now, in one sentence. */
export function downloadTitle({ state, problem, recordings: { done, failed } }: DownloadsState): string {
  switch (state) {
    case 'listing':
      return 'Asking the gateway which recordings match.'
    case 'running':
      return 'Downloading from the gateway.'
    case 'waiting':
      return 'The downloads wait, and go on by themselves.'
    case 'paused':
      return problem === undefined ? 'The downloads are paused.' : 'The downloads stopped.'
    case 'idle':
      return failed === 0 ? `${counted(done)} downloaded and verified.` : `${counted(done)} downloaded and verified, ${failed} not.`
    default:
      return state satisfies never
  }
}

const counted = (count: number): string => (count === 1 ? '1 recording' : `${count.toLocaleString('en')} recordings`)
