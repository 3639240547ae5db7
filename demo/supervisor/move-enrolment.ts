import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const enrolment = z.looseObject({ gateway: z.string() })

/**
 * An agent is enrolled at an address. The demo's gateway takes another port when a stranger has its own, and stays the same gateway:
 * its agent follows it there.
 */
export function moveEnrolment(agentFolder: string, gatewayUrl: string): void {
  const file = join(agentFolder, 'enrolment.json')
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  const enrolled = enrolment.parse(JSON.parse(text))
  if (enrolled.gateway !== gatewayUrl)
    writeFileSync(file, `${JSON.stringify({ ...enrolled, gateway: gatewayUrl }, null, 2)}\n`, { mode: 0o600 })
}
