import { expect, test } from 'vitest'
import { accessDigest } from '../../../src-core/access/access-digest.ts'
import { systemClock } from '../../../src-node/clock.ts'
import type { AccessDigestInput, AccessRequest } from '../../../src-protocol/access.ts'
import type { LiveAccess } from '../live-access.ts'
import { accessHandlers } from './access-handlers.ts'

const digestInput = {
  v: 1,
  request: 'acq_AAAAAAAAAAAAAAAA',
  nonce: 'n',
  requester: 'mira',
  connection: 'orders-db',
  rule: 'acr_AAAAAAAAAAAAAAAA',
  ruleVersion: 'a'.repeat(64),
  minutes: 30,
  reason: 'INC-4127',
  approvers: ['dba'],
  decideBy: '2026-11-23T18:00:00.000Z',
} as AccessDigestInput
const honest: AccessRequest = {
  id: digestInput.request,
  state: 'pending',
  digest: accessDigest(digestInput),
  digestInput,
  requester: { sub: 'mira', name: 'Mira', groups: ['operators'] },
  connection: digestInput.connection,
  ruleTitle: 'On call',
  minutes: 30,
  reason: 'INC-4127',
  requestedAt: '2026-11-23T10:00:00.000Z',
  decideBy: digestInput.decideBy,
}

const shown = async (request: AccessRequest): Promise<number> => {
  const api = { call: async () => ({ requests: [request], grants: [] }) }
  const handlers = accessHandlers({ access: () => ({ api }) as unknown as LiveAccess, clock: systemClock })
  return (await handlers['access:overview'](undefined)).requests.length
}

test('a request is shown as its digest covers it', async () => {
  expect(await shown(honest)).toBe(1)
})

test.for<[string, Partial<AccessRequest>]>([
  ['another reason', { reason: 'INC-1' }],
  ['more time', { minutes: 31 }],
  ['another person', { requester: { sub: 'tomas', name: 'Tomas', groups: [] } }],
  ['another connection', { connection: 'crm-prod' as AccessRequest['connection'] }],
  ['a ticket', { ticket: 'INC-4127' }],
  ['another digest', { digest: 'b'.repeat(64) }],
  ['more approvers', { digestInput: { ...digestInput, approvers: ['dba', 'operators'] } }],
])('a request that shows %s than its digest covers is never put before a reviewer', async ([, change]) => {
  expect(await shown({ ...honest, ...change })).toBe(0)
})
