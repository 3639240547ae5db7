import { AppError } from '../../src-protocol/app-error.ts'
import type { MaskApplied } from '../../src-protocol/model.ts'
import type { ActiveRules, Masking } from './load-masking.ts'
import { isStricter, maskToken, type Masked } from './mask-action.ts'
import type { MaskTarget } from './mask-message.ts'

/** Masking of one message: its rules, and what they did. */
export class MaskRun {
  readonly rules: ActiveRules
  readonly tally = new MaskTally()
  readonly #masking: Masking
  readonly #target: MaskTarget

  constructor(masking: Masking, target: MaskTarget) {
    this.#masking = masking
    this.#target = target
    this.rules = masking.rulesFor(target)
  }

  get aboutCall(): boolean {
    return this.#target.aboutCall === true
  }

  /** For a search of which only what it found is of interest. */
  scratch(): MaskTally {
    return new MaskTally()
  }

  /** What stands in the place of a value. @throws AppError MESSAGE_BLOCKED */
  token(masked: Masked): string {
    if (masked.action === 'block' && !this.#target.own) {
      const because = this.#masking.because(masked.rule) ?? ''
      throw new AppError('MESSAGE_BLOCKED', { rule: masked.rule, because })
    }
    return maskToken(masked, this.#target.tag)
  }
}

/** Counts masks by rule, kind and place. Array indices are written `*`: a table of a thousand rows is one entry a column. */
export class MaskTally {
  readonly #counts = new Map<string, MaskApplied>()
  strictest: Masked | undefined

  add(masked: Masked, path: string): void {
    const { rule, kind } = masked
    if (!this.strictest || isStricter(masked.action, this.strictest.action)) this.strictest = masked
    const key = `${rule}\n${kind}\n${path}`
    const known = this.#counts.get(key)
    if (known) known.count += 1
    else this.#counts.set(key, { rule, kind, path, count: 1 })
  }

  masks(): MaskApplied[] {
    return [...this.#counts.values()]
  }
}
