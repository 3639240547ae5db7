import { AppError } from '../../src-protocol/app-error.ts'
import type { httpApi, HttpApi } from '../../src-protocol/http-api.ts'
import type { Person, Role } from '../../src-protocol/model.ts'

type PersonRoute = {
  [K in keyof HttpApi]: HttpApi[K] extends { public: true } ? never : K
}[keyof typeof httpApi]

/** Who may use a route, by role: any one of those named. What depends on the single session or approval is decided where it is known. */
export const routeAccess: Record<PersonRoute, readonly Role[] | 'everyone'> = {
  me: 'everyone',
  signOut: 'everyone',
  connections: 'everyone',
  createConnection: ['administrator'],
  removeConnection: ['administrator'],
  connectionTools: ['administrator', 'auditor'],
  connectionTool: ['administrator', 'auditor'],
  decideTool: ['administrator'],
  changeNewTools: ['administrator'],
  changeDialect: ['administrator'],
  agents: ['administrator'],
  createJoinToken: ['administrator'],
  removeAgent: ['administrator'],
  sessions: 'everyone',
  openSession: ['operator'],
  session: 'everyone',
  endSession: 'everyone',
  approvals: 'everyone',
  approval: 'everyone',
  vote: ['reviewer'],
  report: ['reviewer'],
  withdraw: 'everyone',
  accessStandings: 'everyone',
  access: 'everyone',
  askForAccess: ['operator'],
  decideAccess: ['reviewer'],
  withdrawAccess: 'everyone',
  endAccess: 'everyone',
  accessRules: ['administrator', 'auditor', 'reviewer'],
  createAccessRule: ['administrator'],
  changeAccessRule: ['administrator'],
  removeAccessRule: ['administrator'],
  people: ['administrator', 'auditor'],
  personReach: ['administrator', 'auditor'],
  recordings: ['auditor', 'administrator'],
  recording: ['auditor', 'administrator'],
  recordingPart: ['auditor', 'administrator'],
  searchRecordings: ['auditor', 'administrator'],
  storage: ['auditor', 'administrator'],
  retention: ['auditor', 'administrator'],
  placeHold: ['administrator'],
  releaseHold: ['administrator'],
  refuseRelease: ['administrator'],
  overview: ['auditor', 'administrator'],
  overviewSessions: ['auditor', 'administrator'],
  overviewApprovals: ['auditor', 'administrator'],
  accessReview: ['auditor', 'administrator'],
  controls: ['auditor', 'administrator'],
  testControl: ['auditor', 'administrator'],
  makePack: ['auditor', 'administrator'],
  packPart: ['auditor', 'administrator'],
  policies: ['administrator', 'auditor', 'reviewer'],
  checkPolicy: ['administrator'],
  simulatePolicy: ['administrator'],
  simulation: ['administrator', 'auditor'],
  cancelSimulation: ['administrator'],
  activatePolicy: ['administrator'],
  proposals: ['administrator', 'auditor', 'reviewer'],
  activateProposal: ['administrator'],
  rejectProposal: ['administrator'],
  withdrawProposal: ['administrator'],
}

/** @throws AppError FORBIDDEN */
export function assertRole(person: Person, allowed: readonly Role[] | 'everyone'): void {
  if (allowed === 'everyone' || allowed.some((role) => person.roles.includes(role))) return
  throw new AppError('FORBIDDEN', { needed: `the role ${allowed.join(' or ')}` })
}
