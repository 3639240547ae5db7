import type { Person } from '../../src-protocol/model.ts'

const watching = ['reviewer', 'auditor', 'administrator'] as const

/** Those who answer for what others do. */
export const seesAllSessions = (viewer: Person): boolean => watching.some((role) => viewer.roles.includes(role))

export const maySeeSession = (viewer: Person, owner: string): boolean => viewer.sub === owner || seesAllSessions(viewer)
