/** The only place that touches `window.gatehouse`: replies become values or AppErrors, events become React effects. */
import { AppError } from '../../src-protocol/app-error.ts'
import type { DesktopApi, DesktopArguments, DesktopBridge, DesktopChannel, DesktopOutput } from '../../src-protocol/desktop-api.ts'

declare global {
  interface Window {
    gatehouse: DesktopBridge
  }
}

/** Resolves what main answered; rejects with an AppError of the error table. */
async function invoke<C extends DesktopChannel>(channel: C, ...input: DesktopArguments<C>): Promise<DesktopOutput<C>> {
  const reply = await window.gatehouse.invoke(channel, ...input)
  if (reply.ok) return reply.value
  throw AppError.from(reply.error)
}

export const desktop: DesktopApi = {
  invoke,
  async openFiles(files) {
    const reply = await window.gatehouse.openFiles(files)
    if (!reply.ok) throw AppError.from(reply.error)
  },
  subscribe: (event, listener) => window.gatehouse.subscribe(event, listener),
}
