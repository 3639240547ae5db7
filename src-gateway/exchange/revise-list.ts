import { editList } from '../../src-core/json/edit-list.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../src-core/json/json-value.ts'
import type { Message } from '../../src-core/json/parse-message.ts'
import { whyHeld } from '../../src-core/mcp/tool-pin.ts'
import { decideProspect, type MessageProspect, type Prospect } from '../../src-core/policy/decide-prospect.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { LeftOut } from '../../src-protocol/recording.ts'
import { isForeign, maskingOf } from './answer-masks.ts'
import { isStateless, type Exchange } from './exchange.ts'
import { deepestMessage, type ExchangePorts } from './exchange-ports.ts'
import { maskFor, type MaskedMessage } from './message-record.ts'
import type { ListedTool, ListPage } from './tool-definitions.ts'

/** Lists whose elements policy can tell apart: the member of the result, and what is asked for by an element. */
const lists = { 'tools/list': 'tools', 'prompts/list': 'prompts', 'resources/list': 'resources' } as const
type List = (typeof lists)[keyof typeof lists]

export const isRevisedList = (method: string | undefined): boolean => method !== undefined && Object.hasOwn(lists, method)

export interface RevisedList {
  masked: MaskedMessage
  leftOut: LeftOut[]
  /** the list may be delivered only after it */
  noted: Promise<void> | undefined
}

/**
 * What a client is shown of a server's list: the server's own text without what this person may never use here and without tools whose
 * definition nobody has accepted (docs/decisions/0012). In the stateless revision such a list is this person's only, whatever the server says.
 * Undefined if the message is no such list.
 * @param text of the message before masking
 * @throws AppError MESSAGE_UNMASKABLE
 */
export function reviseList(
  ports: ExchangePorts,
  exchange: Exchange,
  message: Message,
  masked: MaskedMessage,
  text: string | undefined,
): RevisedList | undefined {
  const list = listOf(exchange, message)
  const elements = list && elementsOf(message.result, list)
  if (!list || !elements) return undefined
  // it came on a stream of which nobody could know that it would carry one
  if (text === undefined) throw new AppError('MESSAGE_UNMASKABLE', { problem: 'a list that was not asked for here is too large' })
  const shown = masked.masks.length === 0 ? message.result : (JSON.parse(masked.text) as { result?: JsonValue }).result
  const { noted, verdicts } = list === 'tools' ? noteTools(ports, exchange, message, shown) : { noted: undefined, verdicts: [] }
  const names = elementsOf(shown, list) ?? []
  const drop = new Set<number>()
  const leftOut: LeftOut[] = []
  for (const [index, element] of elements.entries()) {
    const out = verdicts[index] ?? byPolicy(decideElement(ports, exchange, list, element))
    if (!out) continue
    drop.add(index)
    leftOut.push({ name: nameOf(names[index], list), ...out })
  }
  const set = isStateless(exchange.head.headers) ? { name: 'cacheScope', value: 'private' } : undefined
  const edited = editList(text, { list, drop, set }, deepestMessage)
  // what the gateway learns of a list is what its client is shown: nobody is exempt
  if (edited === text && !masked.exempted) return { masked, leftOut, noted }
  const masking = maskingOf(ports, exchange, isForeign(exchange, message))
  return { masked: maskFor(masking, exchange, edited, undefined, undefined, message), leftOut, noted }
}

/** By the request that is answered; where there is none (a stream that was taken up again) by its form, as a client would read it. */
function listOf({ request }: Exchange, { kind, id, result }: Message): List | undefined {
  if (kind !== 'response' || !isJsonObject(result)) return undefined
  if (request !== undefined && id === request.id)
    return isRevisedList(request.method) ? lists[request.method as keyof typeof lists] : undefined
  return Object.values(lists).find((list) => Array.isArray(result[list]))
}

function elementsOf(result: JsonValue | undefined, list: List): JsonValue[] | undefined {
  const elements = isJsonObject(result) ? result[list] : undefined
  return Array.isArray(elements) ? elements : undefined
}

type Out = Omit<LeftOut, 'name'>

function noteTools(ports: ExchangePorts, exchange: Exchange, { id }: Message, shown: JsonValue | undefined) {
  const { session, request, head } = exchange
  const { connection } = session
  const page: ListPage = request?.id !== id ? 'unknown' : request?.cursor === undefined ? 'first' : { after: request.cursor }
  const { tools, complete } = session.tools.learn(shown, page)
  const noted = ports.tools.saw({
    connection,
    session: session.id,
    era: isStateless(head.headers) ? 'stateless' : 'stateful',
    tools: tools.filter((tool) => tool !== undefined && !tool.again) as ListedTool[],
    ...(complete && { complete }),
    maskAgain: (definition) => maskFor(ports.inForce().masking, exchange, definition).text,
  })
  const pins = ports.tools.of(connection)
  const verdictOf = (tool: ListedTool | undefined): Out | undefined => {
    if (!tool) return { why: 'unusable' }
    if (tool.again) return { why: 'duplicate' }
    const pin = pins.pin(tool.name)
    if (!pin) return { why: 'unusable' }
    const why = whyHeld(pin)
    if (why) return { why }
    return pins.isSame(pin, tool.hash) ? undefined : { why: 'changed' }
  }
  return { noted, verdicts: tools.map(verdictOf) }
}

/** What an element is used by. What has no name cannot be asked for. */
function decideElement(ports: ExchangePorts, { session }: Exchange, list: List, element: JsonValue): Prospect {
  const { connection, server, person, dialect } = session
  const use = isJsonObject(element) ? useOf(list, element) : undefined
  if (!use) return { possible: true }
  return decideProspect(ports.inForce().policy, { connection, server, person, dialect, ...use })
}

function useOf(list: List, element: JsonObject): Pick<MessageProspect, 'method' | 'tool' | 'known'> | undefined {
  const name = element[nameMember[list]]
  if (typeof name !== 'string') return undefined
  if (list === 'tools') return { method: 'tools/call', tool: name, known: {} }
  return list === 'prompts' ? { method: 'prompts/get', known: { name } } : { method: 'resources/read', known: { uri: name } }
}

const nameMember = { tools: 'name', prompts: 'name', resources: 'uri' } as const

const byPolicy = (prospect: Prospect): Out | undefined =>
  prospect.possible ? undefined : { why: 'policy', ...(prospect.rule !== null && { rule: prospect.rule }) }

function nameOf(element: JsonValue | undefined, list: List): string {
  const name = isJsonObject(element) ? element[nameMember[list]] : undefined
  return typeof name === 'string' ? name.slice(0, 256) : ''
}
