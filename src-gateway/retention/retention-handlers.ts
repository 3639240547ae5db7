import type { RouteHandlers } from '../routes/route-handlers.ts'
import type { Retention } from './retention.ts'

type RetentionRoute = 'retention' | 'placeHold' | 'releaseHold' | 'refuseRelease'

export const retentionHandlers = (retention: Omit<Retention, 'listeners' | 'start' | 'close'>): Pick<RouteHandlers, RetentionRoute> => ({
  retention: () => retention.overview(),
  placeHold: ({ input, signedIn: { person } }) => retention.placeHold(input, person),
  releaseHold: ({ params, input, signedIn: { person } }) => retention.releaseHold(params.id, input.reason, person),
  refuseRelease: ({ params, input, signedIn: { person } }) => retention.refuseRelease(params.id, input.reason, person),
})
