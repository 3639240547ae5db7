import type { MediaKind } from '../../src-protocol/model.ts'
import { decodeString, walkJson, type JsonVisitor } from '../json/walk-json.ts'
import { claimedKind, holdsText, measureMedia, sniffedKind, type MeasuredMedia } from './media-bytes.ts'
import { placeOfElement, placeOfMember, placeOfObject, type Place } from './media-content.ts'

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
  /** the string with its bytes; undefined: the content as a whole, since nobody knows where they are */
  value: (Span & { measured: MeasuredMedia; isMasked: boolean }) | undefined
  /** what goes if it is left out */
  content: Span
  form: 'block' | 'resource'
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
  /** one block where a list could stand */
  isSingle: boolean
  span: Span
  path: string
  pattern: string
  /** of a list: where it is; of an object: the member that comes */
  index: number
  name: string
  /** members that matter, each with its place if it is a string */
  members: Map<string, Span | undefined>
}

const telling: ReadonlySet<string> = new Set(['type', 'mimeType', 'text', 'data', 'blob', 'uri', 'resource', 'content'])
/** what stands in the place of a value that a rule masked */
const token = /^\[(?:MASKED|DROPPED):[^[\]]{1,200}\]$/
const longestPath = 500

class MediaFinder implements JsonVisitor {
  readonly found: FoundMedia[] = []
  readonly #text: string
  readonly #root: Place
  readonly #fromClient: boolean
  readonly #frames: Frame[] = []

  constructor(text: string, root: Place, fromClient: boolean) {
    this.#text = text
    this.#root = root
    this.#fromClient = fromClient
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
    if (telling.has(name)) frame.members.set(name, undefined)
  }

  string(start: number, end: number): void {
    const frame = this.#frames.at(-1)
    if (frame?.members.has(frame.name)) frame.members.set(frame.name, { start, end })
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
    const isPlaced = outer !== undefined && place !== 'none'
    const step = outer?.isList ? String(outer.index) : (outer?.name ?? '').replaceAll('~', '~0').replaceAll('/', '~1')
    this.#frames.push({
      place,
      isList,
      isSingle: expected === 'blocks' && outer?.place === 'payload',
      span: { start, end: start },
      path: isPlaced ? `${outer.path}/${step}` : '',
      pattern: isPlaced ? `${outer.pattern}/${outer.isList ? '*' : step}` : '',
      index: 0,
      name: '',
      members: new Map(),
    })
  }

  #judgeBlock(frame: Frame): void {
    const { members } = frame
    const type = this.#read(members.get('type'))
    const data = members.get('data')
    const has = (...names: string[]) => names.some((name) => members.has(name))
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
    if (members.has('data') || (members.has('blob') && !blob)) return this.#addWhole(frame, holder)
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
