import { randomBytes } from 'node:crypto'
import type { AgentId, ApprovalId, SessionId } from '../src-protocol/ids.ts'

const alphabet = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789'

/** `length` characters, each uniformly from the alphabet (rejection sampling: no modulo bias). */
export function randomText(length: number): string {
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(length * 2)) {
      const index = byte & 63
      if (index < alphabet.length && text.length < length) text += alphabet[index]
    }
  }
  return text
}

export const newSessionId = () => `ses_${randomText(16)}` as SessionId
export const newApprovalId = () => `apr_${randomText(16)}` as ApprovalId
export const newAgentId = () => `agt_${randomText(16)}` as AgentId
