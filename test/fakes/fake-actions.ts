import { decidingGroups, endsRequest, fillByVotes, isFilled } from '../../src-core/approval/quorum.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { DesktopChannel } from '../../src-protocol/desktop-api.ts'
import type { Approval, Session } from '../../src-protocol/model.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import { fakeAccess } from './fake-access.ts'
import { fakeDelegations } from './fake-delegations.ts'
import { fakeApprovals } from './fake-approvals.ts'
import type { FakeDesktop } from './fake-desktop.ts'
import { fakeAgents, fakeCheck, fakeConnections } from './fake-documents.ts'
import { ago, fakeHex, hours, minutes, type FakeHandlers, type FakeSetting } from './fake-scenario.ts'
import { fakeSimulations } from './fake-simulations.ts'
import { fakeProposals } from './fake-proposals.ts'
import { fakePinnedTools } from './fake-pinned-tools.ts'
import { fakeCalls, fakeClientSetup, fakeSessions, fakeTools, maskingInForce, policyInForce } from './fake-sessions.ts'

type GatewayChannel = Extract<
  DesktopChannel,
  `${'connections' | 'agents' | 'sessions' | 'tester' | 'approvals' | 'delegations' | 'access' | 'people' | 'policies'}:${string}`
>

/** What the gateway would answer, kept in memory: opening, ending, deciding and activating take effect. */
export function fakeActions(setting: FakeSetting, emit: FakeDesktop['emit']): Pick<FakeHandlers, GatewayChannel> {
  const { now, person } = setting
  let sessions = fakeSessions(setting)
  let approvals = fakeApprovals(setting)
  let connections = fakeConnections(setting)
  let agents = fakeAgents(setting)
  const tools = fakePinnedTools(setting)

  const find = <T>(items: readonly T[], test: (item: T) => boolean, what: string): T => {
    const item = items.find(test)
    if (item === undefined) throw new AppError('NOT_FOUND', { what })
    return item
  }
  const changeApproval = (id: string, values: Partial<Approval>): Approval => {
    const changed = { ...find(approvals, (approval) => approval.id === id, 'The request'), ...values }
    approvals = approvals.map((approval) => (approval.id === id ? changed : approval))
    emit('approval:changed', changed)
    return changed
  }
  const time = (): string => new Date().toISOString()
  const { received, ...delegations } = fakeDelegations(setting, () => emit('delegations:changed', {}))

  return {
    'connections:list': () => connections.map((connection) => ({ ...connection, toolsWaiting: tools.waiting(connection.name) })),
    'connections:create': (request) => {
      if (connections.some((connection) => connection.name === request.name))
        throw new AppError('CONFLICT', { problem: `A connection named ${request.name} exists` })
      const agent = find(agents, (candidate) => candidate.id === request.agent, 'The agent')
      const created = {
        ...request,
        agent: { id: agent.id, name: agent.name, online: agent.online },
        createdAt: time(),
      } as (typeof connections)[number]
      connections = [...connections, created]
      emit('connections:changed', {})
      return created
    },
    'connections:remove': (name) => {
      connections = connections.filter((connection) => connection.name !== name)
      emit('connections:changed', {})
    },
    'connections:tools': (name) => tools.list(name),
    'connections:tool': ({ tool }) => tools.detail(tool),
    'connections:decide-tool': (request) => {
      const decided = tools.decide(request)
      emit('connections:changed', {})
      return decided
    },
    'connections:change-new-tools': ({ connection: name, newTools }) => {
      const changed = { ...find(connections, (connection) => connection.name === name, 'The connection'), newTools }
      connections = connections.map((connection) => (connection.name === name ? changed : connection))
      emit('connections:changed', {})
      return changed
    },
    'connections:change-dialect': ({ connection: name, dialect }) => {
      const changed = { ...find(connections, (connection) => connection.name === name, 'The connection'), dialect }
      connections = connections.map((connection) => (connection.name === name ? changed : connection))
      emit('connections:changed', {})
      return changed
    },
    'agents:list': () => agents,
    'agents:create-join-token': ({ name }) => ({ joinToken: `ghj_${name}_${fakeHex(name, 32)}`, expiresAt: ago(now, -hours(1)) }),
    'agents:remove': (id) => {
      agents = agents.filter((agent) => agent.id !== id)
      emit('connections:changed', {})
    },

    'sessions:list': () => sessions,
    'sessions:open': (request) => {
      const opened: Session = {
        id: `ses_${fakeHex(request.reason, 16)}` as SessionId,
        connection: find(connections, (connection) => connection.name === request.connection, 'The connection').name,
        person,
        reason: request.reason,
        startedAt: time(),
        endsAt: new Date(Date.now() + minutes(request.minutes) * 1000).toISOString(),
        state: 'live',
        policyVersion: policyInForce,
        maskingVersion: maskingInForce,
        records: 1,
        counts: { allowed: 0, masked: 0, held: 0, denied: 0 },
      }
      sessions = [opened, ...sessions]
      emit('session:changed', opened)
      return opened
    },
    'sessions:get': (id) => {
      const session = find(sessions, (candidate) => candidate.id === id, 'The session')
      return { session, calls: session.records === 1 || session.person.sub !== setting.person.sub ? [] : fakeCalls(setting, session.id) }
    },
    'sessions:end': (id) => {
      const ended: Session = {
        ...find(sessions, (candidate) => candidate.id === id, 'The session'),
        state: 'ended',
        endedAt: time(),
        endReason: 'ended-by-operator',
      }
      sessions = sessions.map((session) => (session.id === id ? ended : session))
      emit('session:changed', ended)
      return ended
    },
    'sessions:end-other': ({ session: id, reason }) => {
      const ended: Session = {
        ...find(sessions, (candidate) => candidate.id === id, 'The session'),
        state: 'ended',
        endedAt: time(),
        endReason: 'ended-by-reviewer',
        endedBy: { name: setting.person.name, reason },
      }
      sessions = sessions.map((session) => (session.id === id ? ended : session))
      emit('session:changed', ended)
      return ended
    },
    'sessions:client-setup': () => fakeClientSetup,
    'tester:list-tools': () => fakeTools,
    'tester:call': async ({ tool, arguments: given }) => {
      if (tool === 'execute_sql' && typeof given.sql === 'string' && /delete/i.test(given.sql)) {
        throw new AppError('POLICY_DENIED', { because: 'A DELETE in production needs a WHERE.', rule: 'delete-needs-where' })
      }
      return {
        result: { content: [{ type: 'text', text: '[{"id":88121,"state":"stuck","customer_email":"[MASKED:email]"}]' }], isError: false },
        tookMs: 14,
      }
    },

    'approvals:list': () => approvals,
    'approvals:get': (id) => find(approvals, (approval) => approval.id === id, 'The request'),
    ...delegations,
    'approvals:vote': ({ approval, decision, reason, digest, onBehalfOf }) => {
      const current = find(approvals, (candidate) => candidate.id === approval, 'The request')
      if (current.digest !== digest) throw new AppError('APPROVAL_VOID', { approval, reason: 'it is not what you saw' })
      if (current.reasonRequired && reason.trim() === '') throw new AppError('REASON_REQUIRED')
      const place = received().find(({ id }) => id === onBehalfOf?.delegation)
      const groups = decidingGroups(current.digestInput).filter((group) => (place ?? person).groups.includes(group))
      const inPlace = place && { onBehalfOf: { ...place.delegator, delegation: place.id } }
      const vote = {
        person: { sub: person.sub, name: person.name },
        ...inPlace,
        decision,
        reason,
        at: time(),
        groups,
        signature: 'MEUCIQ',
        key: {},
      }
      const votes = [...current.votes, vote]
      if (endsRequest(current.digestInput, vote)) return changeApproval(approval, { state: 'denied', votes })
      const enough = isFilled(fillByVotes(current.digestInput, votes))
      return changeApproval(approval, { state: enough ? 'approved' : 'pending', votes })
    },
    'approvals:report': ({ approval, reason }) => {
      const current = find(approvals, (candidate) => candidate.id === approval, 'The request')
      const vote = {
        person: { sub: person.sub, name: person.name },
        decision: 'deny' as const,
        reason,
        at: time(),
        signature: 'MEUCIQ',
        key: {},
      }
      const reported = { by: person.name, reason, at: time() }
      return changeApproval(approval, { state: 'denied', votes: [...current.votes, vote], reported })
    },
    'approvals:withdraw': (id) => changeApproval(id, { state: 'withdrawn' }),

    ...fakeAccess(setting, { connections: () => connections, changed: () => emit('access:changed', {}) }),

    'policies:check': ({ text }) => fakeCheck(text),
    ...fakeSimulations(setting),
    ...fakeProposals(setting, {
      check(text) {
        const problem = fakeCheck(text).find(({ severity }) => severity !== 'warning')
        if (problem !== undefined) throw new AppError('POLICY_INVALID', { problem: problem.message })
      },
      changed: () => emit('policies:changed', {}),
    }),
  }
}
