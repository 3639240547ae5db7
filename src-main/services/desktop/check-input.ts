import { AppError } from '../../../src-protocol/app-error.ts'
import { desktopContract, type DesktopChannel } from '../../../src-protocol/desktop-api.ts'
import { desktopChannels } from '../../../src-protocol/desktop-channels.ts'
import { describeIssues } from '../../../src-node/config-file.ts'
import type { CheckedHandlers, DesktopHandlers } from './desktop-ports.ts'

/**
 * Every handler gets what its schema made of the input, whoever calls it: the window, a notification, a test.
 * The handlers reject with AppError INVALID_REQUEST otherwise.
 */
export function checkInput(handlers: CheckedHandlers): DesktopHandlers {
  const checked = desktopChannels.map((channel) => [channel, checkedHandler(channel, handlers)])
  return Object.fromEntries(checked) as DesktopHandlers
}

function checkedHandler(channel: DesktopChannel, handlers: CheckedHandlers): (input: unknown) => Promise<unknown> {
  const handler = handlers[channel] as (input: unknown) => Promise<unknown>
  return async (input) => {
    const result = desktopContract[channel].input.safeParse(input)
    if (!result.success) throw new AppError('INVALID_REQUEST', { problem: describeIssues(result.error.issues) })
    return handler(result.data)
  }
}
