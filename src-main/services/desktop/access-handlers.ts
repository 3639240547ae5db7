import { createHash } from 'node:crypto'
import { accessFitsItsDigest } from '../../../src-core/access/access-digest.ts'
import { timestampOf, type Clock } from '../../../src-node/clock.ts'
import { AppError } from '../../../src-protocol/app-error.ts'
import { voteText } from '../../../src-protocol/vote-text.ts'
import type { LiveAccess } from '../live-access.ts'
import type { CheckedHandlers } from './desktop-ports.ts'

type AccessChannel = Extract<keyof CheckedHandlers, `access:${string}` | `people:${string}`>

/** Access to connections: asking, deciding, and what administrators rule about it. */
export function accessHandlers({
  access,
  clock,
}: {
  access: () => Pick<LiveAccess, 'api' | 'identity'>
  clock: Clock
}): Pick<CheckedHandlers, AccessChannel> {
  const api = () => access().api
  return {
    'access:standings': async () => (await api().call('accessStandings')).standings,
    // a request that shows something else than its digest covers is not put before anybody: signing takes the digest from the window
    async 'access:overview'() {
      const { requests, grants } = await api().call('access')
      return { requests: requests.filter(accessFitsItsDigest), grants }
    },
    'access:ask': (input) => api().call('askForAccess', input),
    async 'access:decide'({ request, decision, reason, digest }) {
      const { identity } = access()
      if (identity.state.state !== 'signed-in') throw new AppError('SIGN_IN_REQUIRED')
      const at = timestampOf(clock.now())
      const reasonSha256 = createHash('sha256').update(reason, 'utf8').digest('hex')
      const text = voteText({ approval: request, digest, decision, reasonSha256, sub: identity.state.person.sub, at })
      const { signature, key } = await identity.sign(text)
      return api().call('decideAccess', { id: request, decision, reason, digest, at, signature, key: { ...key } })
    },
    'access:withdraw': (id) => api().call('withdrawAccess', { id }),
    'access:end': ({ grant, reason }) => api().call('endAccess', { id: grant, reason }),
    'access:rules': async () => (await api().call('accessRules')).rules,
    'access:create-rule': (terms) => api().call('createAccessRule', terms),
    'access:change-rule': (input) => api().call('changeAccessRule', input),
    'access:remove-rule': async (id) => void (await api().call('removeAccessRule', { id })),
    'people:list': async () => (await api().call('people')).people,
    'people:reach': async (sub) => (await api().call('personReach', { sub })).reach,
  }
}
