import type { MaskApplied } from '../../src-protocol/model.ts'
import { maskToken, readMaskToken } from './mask-token.ts'

/** A stretch of shown text: plain, or a token that stands for a masked value. */
export type MaskSegment = { text: string } | { kind: string; rule: string; left?: string | undefined }

/** One step of a path, escaped by RFC 6901. */
export function pointerStep(name: string): string {
  return `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** The masks of one record by the place they were applied to. Records write every array index as `*`. */
export class MaskPlaces {
  readonly #byPath = new Map<string, MaskApplied[]>()
  readonly total: number

  constructor(masks: readonly MaskApplied[]) {
    let total = 0
    for (const mask of masks) {
      total += mask.count
      const known = this.#byPath.get(mask.path)
      if (known) known.push(mask)
      else this.#byPath.set(mask.path, [mask])
    }
    this.total = total
  }

  /** Rules that masked exactly here. */
  at(path: string): readonly MaskApplied[] {
    return this.#byPath.get(path) ?? []
  }

  /** How many values were masked at this place or below it. */
  below(path: string): number {
    let count = 0
    for (const [place, masks] of this.#byPath) {
      if (place === path || place.startsWith(`${path}/`) || place.startsWith(`${path}#`)) {
        for (const mask of masks) count += mask.count
      }
    }
    return count
  }

  /**
   * Cuts a text at its mask tokens. A token counts only if the record attests a mask of that kind at this place: a server that
   * writes `[MASKED:card]` itself gets no chip.
   */
  cut(path: string, text: string): MaskSegment[] {
    const here = this.at(path)
    if (here.length === 0) return [{ text }]
    const segments: MaskSegment[] = []
    let copied = 0
    for (const match of text.matchAll(maskToken)) {
      const { kind, left } = readMaskToken(match)
      const mask = here.find((candidate) => candidate.kind === kind)
      if (!mask) continue
      if (match.index > copied) segments.push({ text: text.slice(copied, match.index) })
      segments.push({ kind: mask.kind, rule: mask.rule, left })
      copied = match.index + match[0].length
    }
    if (copied < text.length || segments.length === 0) segments.push({ text: text.slice(copied) })
    return segments
  }
}
