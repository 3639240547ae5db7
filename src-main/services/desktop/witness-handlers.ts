import type { RemoteLibrary } from '../library/library-threads.ts'
import type { CheckedHandlers } from './desktop-ports.ts'

/** Witnesses that somebody told this computer of: no gateway has a say in who they are. */
export function witnessHandlers(options: {
  library: Pick<RemoteLibrary, 'witnesses' | 'addWitness' | 'removeWitness'>
  gatewayUrl: () => string
  /** asks the gateway for its newest checkpoint, and for what was cosigned */
  refreshCheckpoint: () => Promise<void>
}): Pick<CheckedHandlers, Extract<keyof CheckedHandlers, `witnesses:${string}`>> {
  const { library, gatewayUrl, refreshCheckpoint } = options
  return {
    'witnesses:list': () => library.witnesses(gatewayUrl()),
    async 'witnesses:add'(key) {
      await library.addWitness(key)
      await refreshCheckpoint()
      return library.witnesses(gatewayUrl())
    },
    async 'witnesses:remove'(key) {
      await library.removeWitness(key)
      await refreshCheckpoint()
      return library.witnesses(gatewayUrl())
    },
  }
}
