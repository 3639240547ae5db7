import { isJsonObject, type JsonValue } from '../json/json-value.ts'
import { createLookalikeSearch } from '../json/lookalike-names.ts'

/**
 * Where MCP has content that may be no text, in every revision: results of tools, prompts and resources, what a server asks of a model
 * and what that answers, alone or inside a result (2026-07-28) or a task. Everything else in a message is JSON, which is masked as such.
 */
export type Place = 'message' | 'payload' | 'asked' | 'entries' | 'entry' | 'blocks' | 'block' | 'resources' | 'resource' | 'none'

const members: Partial<Record<Place, readonly (readonly [name: string, place: Place])[]>> = {
  message: [
    ['result', 'payload'],
    ['params', 'payload'],
  ],
  payload: [
    ['content', 'blocks'],
    ['contents', 'resources'],
    ['messages', 'entries'],
    ['inputRequests', 'asked'],
    ['inputResponses', 'asked'],
    ['params', 'payload'],
    ['result', 'payload'],
    ['task', 'payload'],
  ],
  entry: [['content', 'blocks']],
  block: [
    ['resource', 'resource'],
    // what a tool answered, told to a model
    ['content', 'blocks'],
  ],
}

/** What stands in a member of an object at this place. */
export const placeOfMember = (place: Place, name: string): Place =>
  place === 'asked' ? 'payload' : (members[place]?.find(([known]) => known === name)?.[1] ?? 'none')

/** What stands in a list at this place. */
export const placeOfElement = (place: Place): Place =>
  place === 'blocks' ? 'block' : place === 'resources' ? 'resource' : place === 'entries' ? 'entry' : 'none'

/** One block may stand where a list of them may. */
export const placeOfObject = (place: Place): Place =>
  place === 'blocks' ? 'block' : place === 'entries' || place === 'resources' ? 'none' : place

/**
 * Whether a message may hold content that is no text: asked of every message, so it looks at no more than the forms of content. What it
 * leaves out of doubt is found by `findMedia`.
 */
export function mayHoldMedia(value: JsonValue | undefined, place: Place): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) {
    const inner = placeOfElement(place)
    return inner !== 'none' && value.some((element) => mayHoldMedia(element, inner))
  }
  const here = placeOfObject(place)
  if (here === 'block') return !isPlainBlock(value)
  if (here === 'resource') return !isPlainResource(value)
  if (here === 'asked') return Object.values(value).some((asked) => mayHoldMedia(asked, 'payload'))
  for (const [name, inner] of members[here] ?? []) if (mayHoldMedia(value[name], inner)) return true
  return false
}

/** Where strings of any depth are content: pictures may stand in them as `data:` addresses. What a server lists is none, its tools are pinned as they are. */
const freeContent: ReadonlySet<string> = new Set(['content', 'contents', 'messages', 'structuredContent'])
export const isContentOf = (place: Place, name: string): boolean => place === 'payload' && freeContent.has(name)

/** The part of a `data:` address before its bytes (RFC 2397). */
export const mayHoldAddresses = (text: string): boolean => text.includes(';base64,')

type Members = { [name: string]: JsonValue }

/** Members that tell what content is and holds. */
export const tellingMembers: ReadonlySet<string> = new Set(['type', 'mimeType', 'text', 'data', 'blob', 'uri', 'resource', 'content'])

/** For a program that does not care for case, `Data` is the data: such content is not what it seems. */
export const lookalikeOfContent = createLookalikeSearch(tellingMembers)

const isPlainResource = (resource: Members): boolean =>
  resource['blob'] === undefined && resource['data'] === undefined && lookalikeOfContent(resource) === undefined

function isPlainBlock(block: Members): boolean {
  const { type, text, blob, data, resource, content } = block
  if (lookalikeOfContent(block) !== undefined) return false
  if (blob !== undefined || data !== undefined) return false
  if (type === 'text') return typeof text === 'string' && resource === undefined && content === undefined
  if (type === 'resource') return isJsonObject(resource) && isPlainResource(resource) && content === undefined
  return (type === 'resource_link' || type === 'tool_use') && resource === undefined && content === undefined
}
