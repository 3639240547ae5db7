/** What masking puts in the place of a value (docs/masking.md, "Actions"): the kind, and what its action leaves of the value. */
export const maskToken = /\[(MASKED|DROPPED):([\w-]{1,64})(?: (#[a-z2-7]{6}|…[\p{L}\p{N}]{4}))?\]/gu

/** A token's kind, and what is shown behind it: a tag, the end of the value, or that it went with all that stood around it. */
export function readMaskToken([, word, kind = '', left]: RegExpExecArray): { kind: string; left: string | undefined } {
  return { kind, left: word === 'DROPPED' ? 'dropped' : left }
}
