import type { MediaKind } from '../../src-protocol/model.ts'
import { decodeString, walkJson, type JsonVisitor } from '../json/walk-json.ts'
import { claimedKind, holdsText, measureMedia, sniffedKind, type MeasuredMedia } from './media-bytes.ts'
import {
  isContentOf,
  lookalikeOfContent,
  mayHoldAddresses,
  placeOfElement,
  placeOfMember,
  placeOfObject,
  tellingMembers,
  type Place,
} from './media-content.ts'

export interface Span {
  start: number
  end: number
}

/** Content that is no text, where it stands in a message. */
export interface FoundMedia {
  /** what it says it is, and what its bytes say */
  kinds: MediaKind[]
  /** its MIME type, or the `type` of content that is unknown */
  type: string
  /** JSON Pointer to the content; with `*` for every index of a list */
  path: string
  pattern: string
  /** the string with its bytes, or of a `data:` address all of it; undefined: the content as a whole, since nobody knows where they are */
  value: (Span & { measured: MeasuredMedia; isMasked: boolean }) | undefined
  /** what goes if it is left out */
  content: Span
  form: 'block' | 'resource' | 'address'
  /** JSON text of a resource's address */
  uri: string | undefined
}

/** As deep as masking goes. */
const maxDepth = 128

/**
 * The images, sounds, files and unknown content of a message. In what a client sends only bytes that are no text are looked for: people decide
 * about the rest, and have to see it.
 */
export function findMedia(text: string, root: 'message' | 'payload', fromClient: boolean): FoundMedia[] {
  const finder = new MediaFinder(text, root, fromClient)
  walkJson(text, finder, maxDepth)
  return finder.found
}

interface Frame {
  place: Place
  isList: boolean
  /** strings here are content, wherever they stand in it */
  isContent: boolean
  /** one block where a list could stand */
  isSingle: boolean
  span: Span
  path: string
  pattern: string
  /** of a list: where it is; of an object: the member that comes */
  index: number
  name: string
  /** a member is named like one that matters, but for the case of its letters */
  isDoubtful: boolean
  /** members that matter, each with its place if it is a string */
  members: Map<string, Span | undefined>
}

/** what stands in the place of a value that a rule masked */
const token = /^\[(?:MASKED|DROPPED):[^[\]]{1,200}\]$/
const longestPath = 500
/** The beginning of a `data:` address as it stands in JSON, where a slash may be escaped, also in JSON inside a string (RFC 2397). */
const addressStart = /data:([\w.+-]+\\*\/[\w.+-]+)?(?:;[\w.+=-]+)*;base64,/gi
const ofBase64 = /[\w+/=-]/

/** Where the base64 ends that begins here. A backslash belongs to it only if it escapes a slash. */
function base64End(text: string, start: number, limit: number): number {
  let end = start
  while (end < limit) {
    let at = end
    while (text.charAt(at) === '\\') at += 1
    if (at >= limit || !(at > end ? text.charAt(at) === '/' : ofBase64.test(text.charAt(at)))) return end
    end = at + 1
  }
  return end
}

const stepOf = ({ isList, index, name }: Frame): string => (isList ? String(index) : name.replaceAll('~', '~0').replaceAll('/', '~1'))

class MediaFinder implements JsonVisitor {
  readonly found: FoundMedia[] = []
  readonly #text: string
  readonly #root: Place
  readonly #fromClient: boolean
  readonly #frames: Frame[] = []
  readonly #mayHoldAddresses: boolean

  constructor(text: string, root: Place, fromClient: boolean) {
    this.#text = text
    this.#root = root
    this.#fromClient = fromClient
    // what a call is about is recorded and shown as it is
    this.#mayHoldAddresses = !fromClient && mayHoldAddresses(text)
  }

  objectStart(start: number): void {
    this.#open(start, false)
  }

  arrayStart(start: number): void {
    this.#open(start, true)
  }

  element(index: number): void {
    const frame = this.#frames.at(-1)
    if (frame) frame.index = index
  }

  member(name: string): void {
    const frame = this.#frames.at(-1)
    if (!frame) return
    frame.name = name
    if (tellingMembers.has(name)) frame.members.set(name, undefined)
    else if (frame.place === 'block' || frame.place === 'resource') frame.isDoubtful ||= lookalikeOfContent({ [name]: null }) !== undefined
  }

  string(start: number, end: number): void {
    const frame = this.#frames.at(-1)
    if (frame?.members.has(frame.name)) frame.members.set(frame.name, { start, end })
    if (frame?.isContent && this.#mayHoldAddresses) this.#findAddresses(frame, start, end)
  }

  scalar(): void {}

  arrayEnd(): void {
    this.#frames.pop()
  }

  objectEnd(end: number): void {
    const frame = this.#frames.pop()
    if (!frame) return
    frame.span.end = end
    if (frame.place === 'block') this.#judgeBlock(frame)
    else if (frame.place === 'resource') this.#judgeResource(frame)
  }

  #open(start: number, isList: boolean): void {
    const outer = this.#frames.at(-1)
    const expected = !outer ? this.#root : outer.isList ? placeOfElement(outer.place) : placeOfMember(outer.place, outer.name)
    const place = isList ? expected : placeOfObject(expected)
    // nobody looks at where the rest stands
    const isContent = outer !== undefined && (outer.isContent || (!outer.isList && isContentOf(outer.place, outer.name)))
    const isPlaced = outer !== undefined && (place !== 'none' || isContent)
    const step = outer && stepOf(outer)
    this.#frames.push({
      place,
      isList,
      isContent,
      isSingle: expected === 'blocks' && outer?.place === 'payload',
      span: { start, end: start },
      path: isPlaced ? `${outer.path}/${step}` : '',
      pattern: isPlaced ? `${outer.pattern}/${outer.isList ? '*' : step}` : '',
      index: 0,
      name: '',
      isDoubtful: false,
      members: new Map(),
    })
  }

  #judgeBlock(frame: Frame): void {
    const { members } = frame
    const type = this.#read(members.get('type'))
    const data = members.get('data')
    const has = (...names: string[]) => names.some((name) => members.has(name))
    if (frame.isDoubtful) return this.#addWhole(frame, frame)
    if (type === 'image' || type === 'audio') {
      if (data && !has('blob', 'resource', 'content')) return this.#add(frame, frame, type, data)
      return this.#addWhole(frame, frame)
    }
    if (type === 'text' && members.get('text') && !has('data', 'blob', 'resource', 'content')) return
    // what is in it was judged by itself
    if (type === 'resource' && has('resource') && !has('data', 'blob', 'content')) return
    if (type === 'tool_result' && !has('data', 'blob', 'resource')) return
    if ((type === 'resource_link' || type === 'tool_use') && !has('data', 'blob', 'resource', 'content')) return
    this.#addWhole(frame, frame)
  }

  #judgeResource(frame: Frame): void {
    const { members } = frame
    const outer = this.#frames.at(-1)
    const holder = outer?.place === 'block' ? outer : frame
    const blob = members.get('blob')
    if (frame.isDoubtful || members.has('data') || (members.has('blob') && !blob)) return this.#addWhole(frame, holder)
    if (blob) this.#add(frame, holder, 'file', blob)
  }

  #add(frame: Frame, holder: Frame, form: 'image' | 'audio' | 'file', span: Span): void {
    const text = this.#read(span) ?? ''
    const type = this.#read(frame.members.get('mimeType'))
    const claimed = claimedKind(type)
    const isMasked = token.test(text)
    const isText = isMasked || holdsText(text)
    // a resource that is text was masked as text; a picture made of text stays a picture
    if (isText && (this.#fromClient || (form === 'file' && claimed === undefined))) return
    const kinds = new Set<MediaKind>(form === 'file' ? [claimed ?? sniffedKind(text) ?? 'file'] : [form])
    for (const kind of [claimed, sniffedKind(text)]) if (kind) kinds.add(kind)
    this.#push(frame, holder, { kinds: [...kinds], type: type ?? '', value: { ...span, measured: measureMedia(text), isMasked } })
  }

  #addWhole(frame: Frame, holder: Frame): void {
    if (this.#fromClient || frame.isSingle) return
    const type = this.#read(frame.members.get('type')) ?? ''
    this.#push(frame, holder, { kinds: ['unknown'], type, value: undefined })
  }

  #findAddresses(frame: Frame, start: number, end: number): void {
    for (const match of this.#text.slice(start, end).matchAll(addressStart)) {
      const type = (match[1] ?? '').replaceAll('\\', '')
      const from = start + match.index + match[0].length
      const to = base64End(this.#text, from, end)
      const bytes = this.#text.slice(from, to).replaceAll('\\', '')
      if (holdsText(bytes)) continue
      const kinds = new Set([claimedKind(type), sniffedKind(bytes)].filter((kind) => kind !== undefined))
      const span = { start: start + match.index, end: to }
      this.found.push({
        kinds: kinds.size > 0 ? [...kinds] : ['file'],
        type,
        path: `${frame.path}/${stepOf(frame)}`.slice(0, longestPath),
        pattern: `${frame.pattern}/${frame.isList ? '*' : stepOf(frame)}`.slice(0, longestPath),
        value: { ...span, measured: measureMedia(bytes), isMasked: false },
        content: span,
        form: 'address',
        uri: undefined,
      })
    }
  }

  #push(frame: Frame, holder: Frame, media: Pick<FoundMedia, 'kinds' | 'type' | 'value'>): void {
    const uri = frame.members.get('uri')
    this.found.push({
      ...media,
      path: holder.path.slice(0, longestPath),
      pattern: holder.pattern.slice(0, longestPath),
      // the end of a block that holds a resource is known later
      content: holder.span,
      form: holder.place === 'block' ? 'block' : 'resource',
      uri: uri && this.#text.slice(uri.start, uri.end),
    })
  }

  #read(span: Span | undefined): string | undefined {
    return span && decodeString(this.#text, span.start, span.end)
  }
}
