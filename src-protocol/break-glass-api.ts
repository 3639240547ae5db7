/** The routes of break-glass, a part of `httpApi`. */
import { z } from 'zod'
import {
  breakGlassOpening,
  breakGlassOpenRequest,
  breakGlassOverview,
  breakGlassReviewRequest,
  breakGlassRules,
  breakGlassTerms,
} from './break-glass.ts'
import { breakGlassId, breakGlassRuleId, sha256Hex } from './ids.ts'

const nothing = z.object({})
const opening = z.object({ id: breakGlassId })
const rule = z.object({ id: breakGlassRuleId })

export const breakGlassApi = {
  breakGlass: { method: 'GET', path: '/api/v1/break-glass', params: nothing, input: nothing, output: breakGlassOverview },
  openBreakGlass: { method: 'POST', path: '/api/v1/break-glass', params: nothing, input: breakGlassOpenRequest, output: breakGlassOpening },
  /** one's own, or by a reviewer or an administrator, who say why */
  endBreakGlass: {
    method: 'POST',
    path: '/api/v1/break-glass/:id/end',
    params: opening,
    input: z.object({ reason: z.string().trim().max(500) }),
    output: breakGlassOpening,
  },
  reviewBreakGlass: {
    method: 'POST',
    path: '/api/v1/break-glass/:id/review',
    params: opening,
    input: breakGlassReviewRequest,
    output: breakGlassOpening,
  },
  breakGlassRules: { method: 'GET', path: '/api/v1/break-glass/rules', params: nothing, input: nothing, output: breakGlassRules },
  /** a rule, or a new version of one: in force at once, or proposed where that takes a second administrator */
  setBreakGlassRule: {
    method: 'POST',
    path: '/api/v1/break-glass/rules',
    params: nothing,
    /** `before`: the version that the administrator saw of the rule `id`; both are absent for a new one */
    input: z.object({ id: breakGlassRuleId.optional(), terms: breakGlassTerms, before: sha256Hex.optional() }),
    output: breakGlassRules,
  },
  /** by another administrator, or taken back by its own */
  decideBreakGlassRule: {
    method: 'POST',
    path: '/api/v1/break-glass/rules/:id/decision',
    params: rule,
    input: z.object({ version: sha256Hex, decision: z.enum(['approve', 'deny']) }),
    output: breakGlassRules,
  },
  removeBreakGlassRule: {
    method: 'DELETE',
    path: '/api/v1/break-glass/rules/:id',
    params: rule,
    input: nothing,
    output: breakGlassRules,
  },
} as const
