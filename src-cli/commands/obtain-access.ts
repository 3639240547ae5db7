import type { AccessRequest, AccessStanding } from '../../src-protocol/access.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { SessionRequest } from '../../src-protocol/http-requests.ts'
import type { GatewayApi } from '../../src-main/services/gateway-api.ts'

export interface ObtainAccessPorts {
  api: Pick<GatewayApi, 'call'>
  /** told whenever something about access has changed; returns its clean-up */
  onChanged: (listener: () => void) => () => void
  tell(sentence: string): void
}

/**
 * Sees to it that a session may begin: where a rule guards the connection it asks for access, and waits until a reviewer has decided.
 * @throws AppError ACCESS_NEEDED, or what the gateway answered
 */
export async function obtainAccess(ports: ObtainAccessPorts, request: SessionRequest, ticket: string | undefined): Promise<void> {
  const { standings } = await ports.api.call('accessStandings')
  const standing = standings[request.connection]
  if (!standing || standing.state === 'free' || standing.state === 'granted') return
  const asked = standing.request ?? (await ask(ports, standing, request, ticket))
  if (asked.state === 'granted') return
  ports.tell(`Access to ${request.connection} is asked for; a reviewer in ${asked.digestInput.approvers.join(', ')} decides.`)
  const decided = await decisionOn(ports, asked)
  if (decided.state !== 'granted') throw new AppError('ACCESS_NEEDED', { connection: request.connection, problem: outcomeOf(decided) })
  ports.tell(`Access is granted${decided.vote ? ` by ${decided.vote.person.name}` : ''}.`)
}

/** By the first rule that is open to the person. */
async function ask(
  { api }: ObtainAccessPorts,
  { offers, why }: AccessStanding,
  { connection, reason, minutes }: SessionRequest,
  ticket: string | undefined,
): Promise<AccessRequest> {
  const offer = offers.find(({ obstacle }) => obstacle === undefined)
  if (!offer) throw new AppError('ACCESS_NEEDED', { connection, problem: why.at(-1) ?? 'no rule is open to you.' })
  return api.call('askForAccess', { rule: offer.rule.id, reason, minutes, ...(ticket !== undefined && { ticket }) })
}

/** What became of it, as soon as something has. */
async function decisionOn({ api, onChanged }: ObtainAccessPorts, { id }: AccessRequest): Promise<AccessRequest> {
  for (;;) {
    const changed = Promise.withResolvers<void>()
    // listens before it looks: what happens in between is not missed
    const stop = onChanged(changed.resolve)
    try {
      const { requests } = await api.call('access')
      const found = requests.find((request) => request.id === id)
      if (found && found.state !== 'pending') return found
      await changed.promise
    } finally {
      stop()
    }
  }
}

function outcomeOf({ state, vote, because }: AccessRequest): string {
  if (state === 'denied') return `it was denied${vote ? ` by ${vote.person.name}: ${vote.reason}` : '.'}`
  if (state === 'expired') return 'nobody decided in time.'
  return `the request is ${state}${because === undefined ? '.' : `: ${because}.`}`
}
