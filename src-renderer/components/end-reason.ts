import type { EndReason } from '../../src-protocol/model.ts'

const sentences: Record<EndReason, string> = {
  'ended-by-operator': 'Ended by its operator',
  'ended-by-reviewer': 'Ended by a reviewer',
  reported: 'Reported by a reviewer',
  'ended-by-administrator': 'Ended by an administrator',
  expired: 'Its time was over',
  'access-ended': 'Its access ended',
  idle: 'Nobody used it',
  'signed-out': 'Its operator signed out',
  'desktop-disconnected': 'Desktop away too long',
  'agent-disconnected': 'Its agent disconnected',
  'server-stopped': 'The MCP server stopped',
  'recording-unavailable': 'Recording failed',
  'gateway-stopped': 'The gateway was stopped',
  'gateway-crash': 'The gateway crashed',
  'recording-altered': 'Its recording was altered',
}

/** Why a session ended, as a short sentence. */
export function endReasonText(reason: EndReason): string {
  return sentences[reason]
}
