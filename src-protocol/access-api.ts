/** The gateway's HTTP API for access just in time, and for people and what they reach: part of `http-api.ts`. */
import { z } from 'zod'
import { accessAsk, accessGrant, accessRequest, accessRule, accessStanding, accessTerms, personReach, personSeen } from './access.ts'
import { voteRequest } from './http-requests.ts'
import { accessGrantId, accessRequestId, accessRuleId, connectionName, sha256Hex } from './ids.ts'

const nothing = z.object({})

export const accessApi = {
  /** how the person who asks stands to a connection, by its name */
  accessStandings: {
    method: 'GET',
    path: '/api/v1/access/standings',
    params: nothing,
    input: nothing,
    output: z.object({ standings: z.record(connectionName, accessStanding) }),
  },
  /** one's own, those one may decide, and all of them for auditors and administrators */
  access: {
    method: 'GET',
    path: '/api/v1/access',
    params: nothing,
    input: nothing,
    output: z.object({ requests: z.array(accessRequest), grants: z.array(accessGrant) }),
  },
  askForAccess: { method: 'POST', path: '/api/v1/access/requests', params: nothing, input: accessAsk, output: accessRequest },
  decideAccess: {
    method: 'POST',
    path: '/api/v1/access/requests/:id/decision',
    params: z.object({ id: accessRequestId }),
    input: voteRequest,
    output: accessRequest,
  },
  withdrawAccess: {
    method: 'DELETE',
    path: '/api/v1/access/requests/:id',
    params: z.object({ id: accessRequestId }),
    input: nothing,
    output: accessRequest,
  },
  /** gives back one's own, or takes somebody's */
  endAccess: {
    method: 'POST',
    path: '/api/v1/access/grants/:id/end',
    params: z.object({ id: accessGrantId }),
    input: z.object({ reason: z.string().trim().max(500) }),
    output: accessGrant,
  },
  accessRules: {
    method: 'GET',
    path: '/api/v1/access/rules',
    params: nothing,
    input: nothing,
    output: z.object({ rules: z.array(accessRule) }),
  },
  createAccessRule: { method: 'POST', path: '/api/v1/access/rules', params: nothing, input: accessTerms, output: accessRule },
  changeAccessRule: {
    method: 'POST',
    path: '/api/v1/access/rules/:id',
    params: z.object({ id: accessRuleId }),
    /** `before`: the version that the administrator saw; refused if it is another one now */
    input: z.object({ terms: accessTerms, before: sha256Hex }),
    output: accessRule,
  },
  removeAccessRule: {
    method: 'DELETE',
    path: '/api/v1/access/rules/:id',
    params: z.object({ id: accessRuleId }),
    input: nothing,
    output: nothing,
  },
  people: { method: 'GET', path: '/api/v1/people', params: nothing, input: nothing, output: z.object({ people: z.array(personSeen) }) },
  personReach: {
    method: 'GET',
    path: '/api/v1/people/reach',
    params: nothing,
    input: z.object({ sub: z.string().min(1).max(300) }),
    output: z.object({ reach: z.array(personReach) }),
  },
} as const
