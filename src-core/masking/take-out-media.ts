import { AppError } from '../../src-protocol/app-error.ts'
import type { MaskApplied, MediaKind } from '../../src-protocol/model.ts'
import type { Exempted, RecordedMedia } from '../../src-protocol/recording.ts'
import { findMedia, type FoundMedia, type Span } from './find-media.ts'
import type { Exemption, Masking, MediaRule, RulesTarget } from './load-masking.ts'
import { measureMedia, type MeasuredMedia } from './media-bytes.ts'

export interface MediaTarget extends RulesTarget {
  fromClient?: boolean | undefined
  own?: boolean | undefined
}

export interface TakenOut {
  /** what is recorded: no bytes of what is no text */
  text: string
  /** what is delivered: without what a rule leaves out */
  delivered: string
  masks: MaskApplied[]
  media: RecordedMedia[]
  mediaMore: number
  exempted: Exempted[]
}

/** A server could send a hundred thousand; a record stays readable. */
const mostNamed = 500

/**
 * Takes the bytes of images, sounds and other content out of a masked message for the record, and what a rule leaves out of it for the client
 * too. Undefined if there is none.
 * @param delivered the masked message as it goes to the client, which may be masked by fewer rules than the one that is recorded
 * @throws AppError MESSAGE_BLOCKED
 */
export function takeOutMedia(
  masking: Masking,
  recorded: string,
  delivered: string,
  target: MediaTarget,
  root: 'message' | 'payload' = 'message',
): TakenOut | undefined {
  const found = findMedia(recorded, root, target.fromClient === true)
  if (found.length === 0) return undefined
  const rules: Rules = target.fromClient ? new Map() : masking.rulesFor(target).media
  const kept = forRecord(masking, recorded, found, rules, target)
  if (target.fromClient) return { ...kept, delivered, exempted: [] }
  const applying = target.exemption ? masking.rulesFor({ ...target, delivered: true }).media : rules
  const exempted = target.exemption ? exemptedOf(target.exemption, kept.masks) : []
  if (applying.size === 0) return { ...kept, delivered, exempted }
  const shown = delivered === recorded ? found : findMedia(delivered, root, false)
  const edits = shown.flatMap((media) => {
    const rule = ruleFor(media, applying)
    return rule ? [{ ...media.content, by: leftOut(masking, media, rule) }] : []
  })
  return { ...kept, delivered: edit(delivered, outermost(edits)), exempted }
}

type Rules = ReadonlyMap<MediaKind, MediaRule>

function forRecord(masking: Masking, text: string, found: readonly FoundMedia[], rules: Rules, target: MediaTarget) {
  const judged = found.map((media) => ({ media, rule: ruleFor(media, rules) }))
  for (const { rule } of judged) {
    if (rule?.action !== 'block' || target.own) continue
    throw new AppError('MESSAGE_BLOCKED', { rule: rule.rule, because: masking.because(rule.rule) ?? '' })
  }
  const masks = new Map<string, MaskApplied>()
  // what stands inside unknown content that is delivered goes from the client, too
  const dropped = outermost(judged.flatMap(({ media, rule }) => (rule ? [{ ...media.content, media, rule }] : [])))
  for (const { media, rule } of dropped) {
    const mask = { rule: rule.rule, kind: rule.kind, path: media.form === 'address' ? media.pattern : `${media.pattern}/text`, count: 1 }
    const key = JSON.stringify([mask.rule, mask.kind, mask.path])
    const known = masks.get(key)
    if (known) known.count += 1
    else masks.set(key, mask)
  }
  const media = dropped.map((one) => recordOf(text, one.media, one.rule))
  const edits = outermost(judged.map((one) => ({ ...(one.rule ? one.media.content : (one.media.value ?? one.media.content)), ...one })))
  const written = edits.flatMap(({ start, end, media: one, rule }) => {
    if (rule) return [{ start, end, by: leftOut(masking, one, rule) }]
    // what is left of its bytes is the token that stands there
    if (one.value?.isMasked) return []
    const record = recordOf(text, one)
    media.push(record)
    const said = notRecorded(record)
    return [{ start, end, by: one.form === 'address' ? said : JSON.stringify(said) }]
  })
  return {
    text: edit(text, written),
    masks: [...masks.values()],
    media: media.slice(0, mostNamed),
    mediaMore: Math.max(0, media.length - mostNamed),
  }
}

interface Applying extends MediaRule {
  kind: MediaKind
}

/** Of all that it is, what a rule forbids decides; what blocks before what leaves out. */
function ruleFor({ kinds }: FoundMedia, rules: Rules): Applying | undefined {
  let strictest: Applying | undefined
  for (const kind of kinds) {
    const rule = rules.get(kind)
    if (rule && (!strictest || (rule.action === 'block' && strictest.action !== 'block'))) strictest = { ...rule, kind }
  }
  return strictest
}

function recordOf(text: string, { value, content, kinds, type, path }: FoundMedia, rule?: Applying): RecordedMedia {
  const measured: MeasuredMedia = value?.measured ?? { ...measureMedia(text.slice(content.start, content.end)), of: 'text' }
  const [first = 'unknown'] = kinds
  return { path, kind: rule?.kind ?? first, type: shownType(type), ...measured, ...(rule && { leftOutBy: rule.rule }) }
}

/** What a server claims, as far as it is a name. */
const shownType = (type: string): string => (/^[\w.+-]{1,20}(?:\/[\w.+-]{1,80})?$/.test(type) ? type : 'of no known type')

const notRecorded = ({ kind, type, bytes, sha256 }: RecordedMedia): string =>
  `[NOT RECORDED:${kind} ${type}, ${bytes} bytes, SHA-256 ${sha256}]`

const called: Record<MediaKind, string> = {
  image: 'An image',
  audio: 'A sound',
  file: 'A file',
  unknown: 'Content that the gateway does not know',
}

/** What stands in its place: a block, or the contents of a resource, that says what is missing and why. */
function leftOut(masking: Masking, { type, form, uri, value }: FoundMedia, { rule, kind }: Applying): string {
  // it stands inside a text
  if (form === 'address') return `[DROPPED:${kind}]`
  const size = value ? `, ${value.measured.bytes} bytes` : ''
  const because = masking.because(rule) ?? ''
  const text = `[DROPPED:${kind}] ${called[kind]} (${shownType(type)}${size}) was left out by the rule ${rule}. ${because}`
  if (form === 'block') return JSON.stringify({ type: 'text', text })
  return `{${uri === undefined ? '' : `"uri":${uri},`}"mimeType":"text/plain","text":${JSON.stringify(text)}}`
}

function exemptedOf({ rules }: Exemption, masks: readonly MaskApplied[]): Exempted[] {
  const found = new Map<string, Exempted>()
  for (const { rule, count } of masks) {
    const group = rules.get(rule)?.group
    if (group !== undefined) found.set(rule, { rule, group, count: (found.get(rule)?.count ?? 0) + count })
  }
  return [...found.values()]
}

/** In order; what stands inside another one goes with it. Of two of the same place the later one was found around the other. */
function outermost<E extends Span>(edits: readonly E[]): E[] {
  const ordered = edits.toReversed().toSorted((a, b) => a.start - b.start || b.end - a.end)
  let end = 0
  return ordered.filter((one) => {
    if (one.start < end) return false
    end = one.end
    return true
  })
}

function edit(text: string, edits: readonly (Span & { by: string })[]): string {
  let output = ''
  let copied = 0
  for (const { start, end, by } of edits) {
    output += text.slice(copied, start) + by
    copied = end
  }
  return copied === 0 ? text : output + text.slice(copied)
}
