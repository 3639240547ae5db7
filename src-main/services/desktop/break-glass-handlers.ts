import { createHash } from 'node:crypto'
import { breakGlassDigest } from '../../../src-core/break-glass/break-glass-digest.ts'
import { breakGlassStepUp } from '../../../src-core/break-glass/decide-opening.ts'
import { inputFor } from '../../../src-core/break-glass/input-for.ts'
import { timestampOf, type Clock } from '../../../src-node/clock.ts'
import { randomText } from '../../../src-node/random-id.ts'
import { AppError } from '../../../src-protocol/app-error.ts'
import type { BreakGlassOpening } from '../../../src-protocol/break-glass.ts'
import { voteText } from '../../../src-protocol/vote-text.ts'
import type { BreakGlassId } from '../../../src-protocol/ids.ts'
import type { Vote } from '../../../src-protocol/model.ts'
import type { LiveAccess } from '../live-access.ts'
import type { ReviewerKey } from '../reviewer-key.ts'
import type { CheckedHandlers } from './desktop-ports.ts'

type BreakGlassChannel = Extract<keyof CheckedHandlers, `break-glass:${string}`>

export interface BreakGlassHandlersOptions {
  access: () => { api: Pick<LiveAccess['api'], 'call'>; identity: Pick<LiveAccess['identity'], 'state' | 'sign' | 'stepUp'> }
  clock: Clock
  reviewerKey: () => Pick<ReviewerKey, 'sign'>
}

/** Break-glass: opening with a fresh sign-in and two signatures, closing, reviewing, and what administrators rule about it. */
export function breakGlassHandlers({ access, clock, reviewerKey }: BreakGlassHandlersOptions): Pick<CheckedHandlers, BreakGlassChannel> {
  const api = () => access().api

  function me(): string {
    const { state } = access().identity
    if (state.state !== 'signed-in') throw new AppError('SIGN_IN_REQUIRED')
    return state.person.sub
  }

  async function sign(id: string, digest: string, { decision, reason }: Pick<Vote, 'decision' | 'reason'>) {
    const at = timestampOf(clock.now())
    const reasonSha256 = createHash('sha256').update(reason, 'utf8').digest('hex')
    const text = voteText({ approval: id, digest, decision, reasonSha256, sub: me(), at })
    const { signature, key } = await access().identity.sign(text)
    return { text, signed: { at, signature, key: { ...key } } }
  }

  return {
    async 'break-glass:overview'() {
      const { offers, openings } = await api().call('breakGlass')
      return { offers, openings: openings.filter(fitsItsDigest) }
    },
    async 'break-glass:open'({ rule, minutes, reason }) {
      const breakGlass = `bgl_${randomText(16)}` as BreakGlassId
      const input = inputFor(rule, me(), { breakGlass, minutes, reason })
      const digest = breakGlassDigest(input)
      const { maxAgeSeconds, acr } = breakGlassStepUp(rule)
      const stepUp = await access().identity.stepUp({ approval: breakGlass, digest, maxAgeSeconds, acr: (acr ?? []).join(' ') })
      const { text, signed } = await sign(breakGlass, digest, { decision: 'approve', reason })
      const reviewer = reviewerKey().sign(text)
      return api().call('openBreakGlass', { input, ...signed, stepUp, ...(reviewer && { reviewer }) })
    },
    'break-glass:end': (input) => api().call('endBreakGlass', input),
    async 'break-glass:review'({ id, digest, decision, reason }) {
      const { signed } = await sign(id, digest, { decision, reason })
      return api().call('reviewBreakGlass', { id, digest, decision, reason, ...signed })
    },
    'break-glass:rules': () => api().call('breakGlassRules'),
    'break-glass:set-rule': (input) => api().call('setBreakGlassRule', input),
    'break-glass:decide-rule': (input) => api().call('decideBreakGlassRule', input),
    'break-glass:remove-rule': (id) => api().call('removeBreakGlassRule', { id }),
  }
}

/** What shows something else than its digest covers is put before nobody: who reviews takes the digest from the window. */
const fitsItsDigest = ({ id, digest, input, person }: BreakGlassOpening): boolean =>
  breakGlassDigest(input) === digest && input.breakGlass === id && input.person === person.sub
