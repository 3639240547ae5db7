import type { z } from 'zod'
import type { TransparencyLog } from '../../src-node/log-store.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { HttpApi, HttpOutput } from '../../src-protocol/http-api.ts'
import type { Access } from '../access/access.ts'
import type { AgentRegistry } from '../agents/agent-registry.ts'
import type { AgentsOnline } from '../agents/agents-online.ts'
import type { Approvals } from '../approvals/approvals.ts'
import type { Delegations } from '../approvals/delegations.ts'
import { breakGlassHandlers } from '../break-glass/break-glass-handlers.ts'
import type { BreakGlass } from '../break-glass/break-glass.ts'
import type { ConnectionRegistry } from '../connections/connection-registry.ts'
import type { Controls } from '../controls/controls.ts'
import type { EvidencePacks } from '../evidence/evidence-packs.ts'
import type { Identity, SignedIn } from '../identity/identity.ts'
import type { OverviewService } from '../overview/overview.ts'
import type { Policies } from '../policies/policies.ts'
import type { PolicySimulations } from '../policies/policy-simulations.ts'
import type { RecordingParts } from '../recordings/recording-parts.ts'
import type { RecordingIndex } from '../recordings/recording-index.ts'
import type { Storage } from '../recordings/storage.ts'
import { retentionHandlers } from '../retention/retention-handlers.ts'
import type { Retention } from '../retention/retention.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { ToolPins } from '../tools/tool-pins.ts'

/** What a route gets: checked parameters and input, and who asks (nobody on a public route). */
export interface RouteRequest<K extends keyof HttpApi> {
  params: z.output<HttpApi[K]['params']>
  input: z.output<HttpApi[K]['input']>
  signedIn: HttpApi[K] extends { public: true } ? undefined : SignedIn
}

/** One function a route; the type sees to it that none is forgotten. */
export type RouteHandlers = { [K in keyof HttpApi]: (request: RouteRequest<K>) => Promise<HttpOutput<K>> }

export interface RouteServices {
  gateway: string
  version: string
  identity: Pick<Identity, 'signOut' | 'person' | 'peopleSeen'>
  log: TransparencyLog
  access: Access
  delegations: Delegations
  glass: BreakGlass
  agents: AgentRegistry
  agentsOnline: Pick<AgentsOnline, 'drop'>
  connections: ConnectionRegistry
  sessions: Sessions
  approvals: Approvals
  recordings: RecordingIndex
  recordingParts: RecordingParts
  /** the newest checkpoint that witnesses cosigned */
  cosigned: () => string | undefined
  storage: Pick<Storage, 'health' | 'assertRoom'>
  retention: Retention
  policies: Policies
  simulations: PolicySimulations
  packs: EvidencePacks
  overview: OverviewService
  controls: Controls
  tools: ToolPins
}

export function createRouteHandlers(services: RouteServices): RouteHandlers {
  const { overview, delegations } = services
  const { agents, connections, sessions, approvals, recordings, policies, simulations, packs, tools, log, access, glass } = services
  return {
    me: async ({ signedIn: { person } }) => ({
      person,
      gateway: services.gateway,
      version: services.version,
      logOrigin: log.origin,
      logKey: log.verifierKey,
    }),
    signOut: async ({ signedIn }) => {
      await services.identity.signOut(signedIn)
      return {}
    },

    connections: async ({ signedIn: { person } }) => ({ connections: await connections.listFor(person) }),
    createConnection: async ({ input, signedIn: { person } }) => {
      const created = await connections.create(input, person)
      tools.configure(created.name, created.newTools ?? 'accept')
      return created
    },
    removeConnection: async ({ params, signedIn: { person } }) => {
      await connections.remove(params.name, person)
      sessions.connectionRemoved(params.name)
      await access.connectionRemoved(params.name, person)
      await glass.connectionRemoved(params.name, person)
      await tools.forget(params.name)
      return {}
    },
    connectionTools: async ({ params }) => ({ tools: tools.list(params.name) }),
    connectionTool: async ({ params, input }) => tools.detail(params.name, input.tool),
    decideTool: ({ params, input, signedIn: { person } }) => tools.decide(params.name, input, person),
    changeNewTools: async ({ params, input, signedIn: { person } }) => {
      const changed = await connections.changeNewTools(params.name, input.newTools, person)
      tools.configure(params.name, input.newTools)
      return changed
    },
    changeDialect: ({ params, input, signedIn: { person } }) => connections.changeDialect(params.name, input.dialect, person),

    agents: async () => ({ agents: await agents.list() }),
    createJoinToken: ({ input, signedIn: { person } }) => agents.createJoinToken(input.name, person),
    removeAgent: async ({ params, signedIn: { person } }) => {
      await agents.remove(params.id, person)
      services.agentsOnline.drop(params.id)
      return {}
    },
    enrolAgent: ({ input }) => agents.enrol(input.joinToken, input.publicKey),

    sessions: async ({ signedIn: { person } }) => ({ sessions: await sessions.list(person) }),
    openSession: async ({ input, signedIn }) => {
      services.storage.assertRoom()
      return sessions.open(signedIn, input)
    },
    session: ({ params, signedIn: { person } }) => sessions.get(person, params.id),
    endSession: ({ params, input, signedIn: { person } }) => sessions.endBy(person, params.id, input.reason),

    approvals: async ({ signedIn: { person } }) => ({ approvals: await approvals.list(person) }),
    approval: ({ params, signedIn: { person } }) => approvals.get(person, params.id),
    vote: ({ params, input, signedIn }) => approvals.vote(signedIn, params.id, input),
    report: ({ params, input, signedIn }) => approvals.report(signedIn, params.id, input),
    withdraw: ({ params, signedIn: { person } }) => approvals.withdraw(person, params.id),

    delegations: async ({ signedIn: { person } }) => ({ delegations: delegations.list(person) }),
    delegates: async ({ signedIn: { person } }) => ({ people: delegations.delegates(person) }),
    giveDelegation: ({ input, signedIn }) => delegations.give(signedIn, input),
    endDelegation: ({ params, signedIn: { person } }) => delegations.end(person, params.id),

    accessStandings: async ({ signedIn: { person } }) => ({ standings: access.standings(person, await connections.listFor(person)) }),
    access: async ({ signedIn: { person } }) => access.overview(person),
    askForAccess: ({ input, signedIn: { person } }) => access.ask(person, input),
    decideAccess: ({ params, input, signedIn }) => access.decide(signedIn, params.id, input),
    withdrawAccess: ({ params, signedIn: { person } }) => access.withdraw(person, params.id),
    endAccess: ({ params, input, signedIn: { person } }) => access.end(person, params.id, input.reason),
    accessRules: async () => ({ rules: access.rules() }),
    createAccessRule: ({ input, signedIn: { person } }) => access.createRule(input, person),
    changeAccessRule: ({ params, input, signedIn: { person } }) => access.changeRule(params.id, input.terms, input.before, person),
    removeAccessRule: async ({ params, signedIn: { person } }) => {
      await access.removeRule(params.id, person)
      return {}
    },
    people: async () => ({ people: services.identity.peopleSeen() }),
    personReach: async ({ input: { sub } }) => {
      const person = services.identity.person(sub)
      if (!person) throw new AppError('NOT_FOUND', { what: 'The person' })
      return { reach: access.reach(person, await connections.all()) }
    },

    ...breakGlassHandlers(glass),

    recordings: ({ input }) => recordings.list(input),
    recording: ({ params, signedIn: { person } }) => recordings.handOut(params.id, person),
    recordingPart: ({ params, input, signedIn: { person } }) => services.recordingParts.part(params.id, input.offset, person),
    storage: () => services.storage.health(),
    ...retentionHandlers(services.retention),
    searchRecordings: ({ input, signedIn: { person } }) => recordings.search(input, person),

    overview: ({ input }) => overview.overview(input),
    overviewSessions: ({ input }) => overview.sessions(input),
    overviewApprovals: ({ input }) => overview.approvals(input),
    accessReview: () => overview.accessReview(),
    controls: ({ input }) => services.controls.report(input),
    testControl: ({ input, signedIn: { person } }) => services.controls.test(input.control, person),

    makePack: ({ input, signedIn: { person } }) => packs.make(input, person),
    packPart: ({ params, input, signedIn: { person } }) => packs.part(params.id, input.offset, person),

    policies: async () => ({ versions: await policies.list() }),
    checkPolicy: async ({ input }) => ({ problems: await policies.check(input.kind, input.text) }),
    simulatePolicy: ({ input, signedIn: { person } }) => simulations.start(input, person),
    simulation: async ({ params }) => simulations.find(params.id),
    cancelSimulation: async ({ params }) => simulations.cancel(params.id),
    activatePolicy: ({ input, signedIn: { person } }) => policies.activate(input, person),
    proposals: () => policies.proposals(),
    activateProposal: ({ params, signedIn: { person } }) => policies.activateProposal(params.id, person),
    rejectProposal: ({ params, input, signedIn: { person } }) => policies.rejectProposal(params.id, person, input.reason),
    withdrawProposal: ({ params, signedIn: { person } }) => policies.withdrawProposal(params.id, person),

    logCheckpoint: async () => {
      const rotations = await log.rotations()
      const cosigned = services.cosigned()
      return {
        note: log.checkpoint(),
        key: log.verifierKey,
        ...(rotations.length > 0 && { rotations }),
        ...(cosigned !== undefined && { cosigned }),
      }
    },
    logConsistency: async ({ input: { from, to } }) => {
      if (from > to || to > log.size) throw new AppError('INVALID_REQUEST', { problem: `from and to: 0 ≤ from ≤ to ≤ ${log.size}` })
      return { hashes: await log.consistencyProof(from, to) }
    },
  }
}
