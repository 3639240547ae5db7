import type { breakGlassApi } from '../../src-protocol/break-glass-api.ts'
import type { RouteHandlers } from '../routes/route-handlers.ts'
import type { BreakGlass } from './break-glass.ts'

export const breakGlassHandlers = (glass: BreakGlass): Pick<RouteHandlers, keyof typeof breakGlassApi> => ({
  breakGlass: async ({ signedIn: { person } }) => glass.overview(person),
  openBreakGlass: ({ input, signedIn }) => glass.open(signedIn, input),
  endBreakGlass: ({ params, input, signedIn: { person } }) => glass.end(person, params.id, input.reason),
  reviewBreakGlass: ({ params, input, signedIn }) => glass.review(signedIn, params.id, input),
  breakGlassRules: async () => glass.rules(),
  setBreakGlassRule: ({ input, signedIn: { person } }) => glass.setRule(input, person),
  decideBreakGlassRule: ({ params, input, signedIn: { person } }) => glass.decideRule(params.id, input.version, input.decision, person),
  removeBreakGlassRule: ({ params, signedIn: { person } }) => glass.removeRule(params.id, person),
})
