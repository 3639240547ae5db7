import type { ApprovalId, ConnectionName, SessionId } from '../../src-protocol/ids.ts'
import { approval, type Approval, type Person } from '../../src-protocol/model.ts'

export const reviewer: Person = { sub: 'u-jonas', name: 'Jonas Lindqvist', groups: ['dba'], roles: ['reviewer'] }
export const requester: Person = { sub: 'u-mira', name: 'Mira Okafor', groups: ['data-oncall'], roles: ['operator'] }

/** A valid pending request; `number` makes its id. */
export function approvalExample(number: number, change: Partial<Approval> = {}): Approval {
  const id = `apr_${String(number).padStart(16, '0')}` as ApprovalId
  const session = 'ses_0000000000000001' as SessionId
  const connection = 'orders-db' as ConnectionName
  const hash = (digit: string) => digit.repeat(64)
  return approval.parse({
    id,
    state: 'pending',
    digest: hash('d'),
    digestInput: {
      v: 1,
      approval: id,
      nonce: 'nonce',
      session,
      requester: requester.sub,
      connection,
      server: 'orders',
      method: 'tools/call',
      tool: 'execute_sql',
      toolDefinitionHash: hash('a'),
      argumentsHash: hash('b'),
      argumentsBytes: 20,
      policyVersion: hash('c'),
      rule: 'schema-changes',
      decideBy: '2026-11-22T17:00:00.000Z',
      runWithinSeconds: 300,
      groups: ['dba'],
      approvals: 1,
    },
    requester,
    connection,
    session,
    sessionReason: 'Month-end export check',
    tool: 'execute_sql',
    argumentsText: '{"sql":"DROP TABLE refunds"}',
    argumentsMasks: [],
    warnings: [],
    rule: 'schema-changes',
    because: 'Schema changes need a second person.',
    policyVersion: hash('c'),
    reasonRequired: true,
    requestedAt: '2026-11-22T16:00:00.000Z',
    decideBy: '2026-11-22T17:00:00.000Z',
    votes: [],
    before: [],
    similar: [],
    ...change,
  })
}
