import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { AppError } from '../src-protocol/app-error.ts'
import { httpApi } from '../src-protocol/http-api.ts'
import { agentId } from '../src-protocol/ids.ts'
import { serializedError } from '../src-protocol/tunnel.ts'
import type { AgentKey } from './agent-key.ts'

const enrolment = z.object({ gateway: z.string(), agent: agentId, name: z.string() })
export type Enrolment = z.infer<typeof enrolment>

const fileOf = (folder: string): string => join(folder, 'enrolment.json')

/** `undefined`: this agent was not enrolled yet, or at another gateway. */
export function readEnrolment(folder: string, gateway: string): Enrolment | undefined {
  const file = fileOf(folder)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new AppError('CONFIG_UNREADABLE', { file, problem: (cause as NodeJS.ErrnoException).code ?? 'unreadable' }, { cause })
  }
  const checked = enrolment.safeParse(parse(text))
  if (!checked.success) throw new AppError('CONFIG_INVALID', { file, problem: 'not an enrolment' })
  return checked.data.gateway === gateway ? checked.data : undefined
}

/**
 * Gives the public key to the gateway, once, with the join token of an administrator.
 * @throws AppError JOIN_TOKEN_INVALID and what else the gateway answers, GATEWAY_UNREACHABLE
 */
export async function enrol(options: {
  folder: string
  gateway: string
  joinToken: string
  key: AgentKey
  fetch: typeof fetch
  /** whoever stops the agent does not wait for a gateway that takes its time */
  signal?: AbortSignal | undefined
}): Promise<Enrolment> {
  const { folder, gateway } = options
  const answer = await post(options)
  const output = httpApi.enrolAgent.output.safeParse(answer)
  if (!output.success) throw new AppError('INTERNAL', { where: 'the gateway', reference: 'answer to the enrolment' })
  const enrolled: Enrolment = { gateway, ...output.data }
  const file = fileOf(folder)
  writeFileSync(`${file}.new`, `${JSON.stringify(enrolled, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
  return enrolled
}

async function post({ gateway, joinToken, key, fetch, signal }: Parameters<typeof enrol>[0]): Promise<unknown> {
  const unreachable = (cause?: unknown) => new AppError('GATEWAY_UNREACHABLE', { gateway }, { cause })
  const response = await fetch(gateway + httpApi.enrolAgent.path, {
    method: httpApi.enrolAgent.method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ joinToken, publicKey: key.publicJwk }),
    redirect: 'error',
    signal: signal ? AbortSignal.any([signal, AbortSignal.timeout(30_000)]) : AbortSignal.timeout(30_000),
  }).catch((cause: unknown) => {
    throw unreachable(cause)
  })
  const text = await response.text().catch((cause: unknown) => {
    throw unreachable(cause)
  })
  if (response.ok) return parse(text)
  const refused = z.object({ error: serializedError }).safeParse(parse(text))
  // a proxy in front of a gateway that is still starting answers for it
  throw refused.success ? AppError.from(refused.data.error) : unreachable()
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
