import { AppError } from '../../../src-protocol/app-error.ts'
import { fitsItsDigest } from '../../../src-core/approval/fits-its-digest.ts'
import type { Clock } from '../../../src-node/clock.ts'
import { castVote } from './cast-vote.ts'
import { clientSetup } from '../client-setup.ts'
import type { LiveAccess } from '../live-access.ts'
import type { ReviewerKey } from '../reviewer-key.ts'
import type { Tester } from '../tester.ts'
import type { CheckedHandlers } from './desktop-ports.ts'

type GatewayChannel = Extract<
  keyof CheckedHandlers,
  | `connections:${string}`
  | `agents:${string}`
  | `sessions:${string}`
  | `tester:${string}`
  | `approvals:${string}`
  | `policies:${string}`
  | `recordings:${string}`
  | `storage:${string}`
>

/** What the gateway answers, and what belongs to sessions of this computer. */
export function gatewayHandlers(options: {
  access: () => LiveAccess
  tester: Tester
  clock: Clock
  reviewerKey: () => Pick<ReviewerKey, 'sign'>
}): Pick<CheckedHandlers, GatewayChannel> {
  const { access, tester, clock, reviewerKey } = options
  const api = () => access().api
  const voting = () => ({ identity: access().identity, clock, reviewerKey: reviewerKey() })

  return {
    'connections:list': async () => (await api().call('connections')).connections,
    'connections:create': (input) => api().call('createConnection', input),
    'connections:remove': async (name) => void (await api().call('removeConnection', { name })),
    'connections:tools': async (name) => (await api().call('connectionTools', { name })).tools,
    'connections:tool': ({ connection, tool }) => api().call('connectionTool', { name: connection, tool }),
    'connections:decide-tool': ({ connection, ...input }) => api().call('decideTool', { name: connection, ...input }),
    'connections:change-new-tools': ({ connection, newTools }) => api().call('changeNewTools', { name: connection, newTools }),
    'connections:change-dialect': ({ connection, dialect }) => api().call('changeDialect', { name: connection, dialect }),
    'agents:list': async () => (await api().call('agents')).agents,
    'agents:create-join-token': (input) => api().call('createJoinToken', input),
    'agents:remove': async (id) => void (await api().call('removeAgent', { id })),

    'sessions:list': async () => (await api().call('sessions')).sessions,
    'sessions:open': (input) => access().openSession(input),
    'sessions:get': (id) => api().call('session', { id }),
    async 'sessions:end'(id) {
      const session = await api().call('endSession', { id })
      access().sessions.end(session.id, session.endReason ?? 'ended-by-operator')
      return session
    },
    'sessions:end-other': ({ session: id, reason }) => api().call('endSession', { id, reason }),
    async 'sessions:client-setup'(id) {
      const local = access().endpoint.access(id)
      if (!local) throw new AppError('SESSION_UNKNOWN')
      return clientSetup(local.connection, local)
    },
    'tester:list-tools': (session) => tester.listTools(session),
    'tester:call': (input) => tester.call(input.session, input.tool, input.arguments),

    // a request that shows something else than its digest covers is not put before anybody: signing takes the digest from the window
    'approvals:list': async () => (await api().call('approvals')).approvals.filter(fitsItsDigest),
    async 'approvals:get'(id) {
      const approval = await api().call('approval', { id })
      if (fitsItsDigest(approval)) return approval
      throw new AppError('APPROVAL_SIGNATURE_INVALID', { problem: 'what the gateway shows of the request is not what its digest covers' })
    },
    'approvals:vote': (ballot) => castVote({ ...voting(), send: (request) => api().call('vote', request) }, ballot),
    'approvals:report': (ballot) =>
      castVote({ ...voting(), send: (request) => api().call('report', request) }, { ...ballot, decision: 'deny' }),
    'approvals:withdraw': (id) => api().call('withdraw', { id }),

    'storage:health': () => api().call('storage'),
    'recordings:search': (query) => api().call('searchRecordings', query),

    'policies:list': async () => (await api().call('policies')).versions,
    'policies:check': async (input) => (await api().call('checkPolicy', input)).problems,
    'policies:simulate': (input) => api().call('simulatePolicy', input),
    'policies:simulation': (id) => api().call('simulation', { id }),
    'policies:cancel-simulation': (id) => api().call('cancelSimulation', { id }),
    'policies:activate': (input) => api().call('activatePolicy', input),
    'policies:proposals': () => api().call('proposals'),
    'policies:activate-proposal': (id) => api().call('activateProposal', { id }),
    'policies:reject-proposal': (input) => api().call('rejectProposal', input),
    'policies:withdraw-proposal': (id) => api().call('withdrawProposal', { id }),
  }
}
