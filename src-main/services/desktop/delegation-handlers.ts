import { delegationDigest } from '../../../src-core/approval/judge-delegation.ts'
import { timestampOf, type Clock } from '../../../src-node/clock.ts'
import { randomText } from '../../../src-node/random-id.ts'
import { AppError } from '../../../src-protocol/app-error.ts'
import { delegationText, type DelegationInput } from '../../../src-protocol/delegation.ts'
import { delegationId } from '../../../src-protocol/ids.ts'
import type { LiveAccess } from '../live-access.ts'
import type { CheckedHandlers } from './desktop-ports.ts'

type DelegationChannel = Extract<keyof CheckedHandlers, `delegations:${string}`>

/** Who decides in one's place while one is away. What is given is signed with the key of the sign-in, like a vote. */
export function delegationHandlers({
  access,
  clock,
}: {
  access: () => Pick<LiveAccess, 'api' | 'identity'>
  clock: Clock
}): Pick<CheckedHandlers, DelegationChannel> {
  return {
    'delegations:list': async () => (await access().api.call('delegations')).delegations,
    'delegations:delegates': async () => (await access().api.call('delegates')).people,
    async 'delegations:give'(asked) {
      const { api, identity } = access()
      if (identity.state.state !== 'signed-in') throw new AppError('SIGN_IN_REQUIRED')
      const { sub } = identity.state.person
      const input: DelegationInput = { v: 1, delegation: delegationId.parse(`dlg_${randomText(16)}`), delegator: sub, ...asked }
      const at = timestampOf(clock.now())
      const text = delegationText({ delegation: input.delegation, digest: delegationDigest(input), sub, at })
      const { signature, key } = await identity.sign(text)
      return api.call('giveDelegation', { input, at, signature, key: { ...key } })
    },
    'delegations:end': (id) => access().api.call('endDelegation', { id }),
  }
}
