import type { LiveAccess } from '../live-access.ts'
import type { CheckedHandlers } from './desktop-ports.ts'

type RetentionChannel = Extract<keyof CheckedHandlers, `retention:${string}`>

/** When recordings are removed, and what keeps them. */
export function retentionHandlers(access: () => Pick<LiveAccess, 'api'>): Pick<CheckedHandlers, RetentionChannel> {
  const api = () => access().api
  return {
    'retention:get': () => api().call('retention'),
    'retention:place-hold': (request) => api().call('placeHold', request),
    'retention:release-hold': ({ id, reason }) => api().call('releaseHold', { id, reason }),
    'retention:refuse-release': ({ id, reason }) => api().call('refuseRelease', { id, reason }),
  }
}
