/** The desktop's channels for break-glass, a part of `desktopContract`. */
import { z } from 'zod'
import {
  breakGlassOpening,
  breakGlassOverview,
  breakGlassReason,
  breakGlassRule,
  breakGlassRules,
  breakGlassVerdict,
  longestBreakGlassMinutes,
} from './break-glass.ts'
import { breakGlassApi } from './break-glass-api.ts'
import { breakGlassId, breakGlassRuleId } from './ids.ts'

const nothing = z.undefined()

export const breakGlassContract = {
  'break-glass:overview': { input: nothing, output: breakGlassOverview },
  /** main makes what is signed from the rule that the person saw, opens the browser for the fresh sign-in, and signs */
  'break-glass:open': {
    input: z.object({ rule: breakGlassRule, minutes: z.number().int().min(1).max(longestBreakGlassMinutes), reason: breakGlassReason }),
    output: breakGlassOpening,
  },
  'break-glass:end': { input: z.object({ id: breakGlassId, reason: z.string().trim().max(500) }), output: breakGlassOpening },
  /** main signs with the key of this sign-in; the digest is what the person saw */
  'break-glass:review': {
    input: z.object({ id: breakGlassId, digest: z.string(), decision: z.enum(['approve', 'deny']), reason: breakGlassVerdict }),
    output: breakGlassOpening,
  },
  'break-glass:rules': { input: nothing, output: breakGlassRules },
  'break-glass:set-rule': { input: breakGlassApi.setBreakGlassRule.input, output: breakGlassRules },
  'break-glass:decide-rule': { input: breakGlassApi.decideBreakGlassRule.input.extend({ id: breakGlassRuleId }), output: breakGlassRules },
  'break-glass:remove-rule': { input: breakGlassRuleId, output: breakGlassRules },
} as const
