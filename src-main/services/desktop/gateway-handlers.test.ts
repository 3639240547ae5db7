import { expect, test } from 'vitest'
import { approvalWith } from '../../../src-core/approval/testing/approval-fixture.ts'
import { systemClock } from '../../../src-node/clock.ts'
import type { Approval } from '../../../src-protocol/model.ts'
import type { LiveAccess } from '../live-access.ts'
import type { Tester } from '../tester.ts'
import { gatewayHandlers } from './gateway-handlers.ts'

const handlersAt = (approvals: Approval[]) => {
  const api = { call: async (name: string) => (name === 'approvals' ? { approvals } : approvals[0]) }
  return gatewayHandlers({
    access: () => ({ api }) as unknown as LiveAccess,
    tester: {} as Tester,
    clock: systemClock,
    reviewerKey: () => ({ sign: () => undefined }),
  })
}

test('a request that shows another call than its digest covers is never put before a reviewer', async () => {
  const honest = approvalWith()
  const forged = approvalWith({ tool: 'search_objects' })
  expect(await handlersAt([forged, honest])['approvals:list'](undefined)).toEqual([honest])
  expect(await handlersAt([honest])['approvals:get'](honest.id)).toEqual(honest)
  await expect(handlersAt([forged])['approvals:get'](forged.id)).rejects.toMatchObject({ code: 'APPROVAL_SIGNATURE_INVALID' })
})
