import type { MaskApplied } from '../../../src-protocol/model.ts'

export interface MasksDescription {
  /** the rules that masked, in order of appearance */
  rules: string[]
  /** `42 values masked: customer_email, card_last.` */
  sentence: string
}

/** Which rules masked how many values of what. Named fields by their name, what a detector found by its kind. */
export function describeMasks(masks: readonly MaskApplied[]): MasksDescription {
  const count = masks.reduce((sum, mask) => sum + mask.count, 0)
  const names = [...new Set(masks.map((mask) => (mask.kind === 'field' ? (fieldName(mask.path) ?? mask.kind) : mask.kind)))]
  const shown = names.length > 4 ? [...names.slice(0, 3), `${names.length - 3} more`] : names
  return {
    rules: [...new Set(masks.map((mask) => mask.rule))],
    sentence: `${count} ${count === 1 ? 'value' : 'values'} masked: ${shown.join(', ')}.`,
  }
}

/** The last name in a JSON Pointer that is a field of the data, and neither an index nor MCP's own envelope. */
function fieldName(path: string): string | undefined {
  const last = path.split(/[/#]/).at(-1) ?? ''
  return /^(\d+|\*|text|)$/.test(last) ? undefined : last.replaceAll('~1', '/').replaceAll('~0', '~')
}
