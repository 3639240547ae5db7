import serialize from 'canonicalize'

/**
 * RFC 8785 (JSON Canonicalization Scheme): the one text of a value, whatever the order of its keys was.
 * Throws on what JSON cannot hold: NaN, infinities, half surrogate pairs, cycles, undefined.
 */
export function canonicalJson(value: unknown): string {
  const text = serialize(value)
  if (text === undefined) throw new TypeError('undefined has no JSON')
  return text
}
