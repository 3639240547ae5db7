import { createHash } from 'node:crypto'
import type { MediaKind } from '../../src-protocol/model.ts'
import type { RecordedMedia } from '../../src-protocol/recording.ts'
import { decodeBase64Text } from './decode-base64-text.ts'

export type MeasuredMedia = Pick<RecordedMedia, 'bytes' | 'sha256' | 'of'>

/** How many bytes there are, and their SHA-256; of a text that is no base64, its own. */
export function measureMedia(value: string): MeasuredMedia {
  if (isBase64(value)) return measure(Buffer.from(value, 'base64'))
  return { ...measure(Buffer.from(value)), of: 'text' }
}

const measure = (bytes: Uint8Array) => ({ bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') })

const isBase64 = (value: string): boolean => value.replace(/=+$/, '').length % 4 !== 1 && /^[\w+/-]*={0,2}$/.test(value)

/** Whether base64 holds text: that is masked and recorded as text. */
export const holdsText = (value: string): boolean => value === '' || decodeBase64Text(value) !== undefined

/** What a MIME type claims; undefined for a text and for nothing at all. */
export function claimedKind(mimeType: string | undefined): 'image' | 'audio' | 'file' | undefined {
  const [type = ''] = (mimeType ?? '').trim().toLowerCase().split('/')
  if (type === 'image' || type === 'audio') return type
  return type === 'video' ? 'file' : undefined
}

/** The first bytes of what is mostly passed around. https://mimesniff.spec.whatwg.org/ */
const beginnings: readonly (readonly [kind: MediaKind, beginning: RegExp])[] = [
  ['image', /^(?:\x89PNG|\xff\xd8\xff|GIF8|BM.{4}\0\0|II\*\0|MM\0\*|RIFF.{4}WEBP|.{4}ftyp(?:avif|heic|heix|mif1))/s],
  ['audio', /^(?:ID3|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]|OggS|fLaC|MThd|FORM.{4}AIFF|RIFF.{4}WAVE|.{4}ftypM4A)/s],
]

/** What bytes are by how they begin, whatever they are said to be. */
export function sniffedKind(base64: string): MediaKind | undefined {
  const start = Buffer.from(base64.slice(0, 32), 'base64').toString('latin1')
  return beginnings.find(([, beginning]) => beginning.test(start))?.[0]
}
