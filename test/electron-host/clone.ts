/**
 * Structured clone as text, for values that cross between main and a page over the DevTools protocol.
 * `createCloneCodec` is self-contained: its source text is also injected into pages.
 */
export interface CloneCodec {
  /** @throws Error 'An object could not be cloned.' for functions, symbols, promises and class instances of the platform */
  encode(value: unknown): string
  decode(text: string): unknown
}

/** Plain JSON values stand for themselves; everything else is a tagged object. */
type Encoded = string | number | boolean | null | { $: string; v?: unknown }

export function createCloneCodec(): CloneCodec {
  const refuse = (): never => {
    throw new Error('An object could not be cloned.')
  }
  // the engines' own where they have them: a replay's columns are more than a megabyte
  const node = Reflect.get(globalThis, 'Buffer') as { from(bytes: Uint8Array): { toString(encoding: string): string } } | undefined
  const native = Reflect.get(Uint8Array, 'fromBase64') as ((text: string) => Uint8Array<ArrayBuffer>) | undefined
  const toBase64 = (bytes: Uint8Array): string => {
    if (node) return node.from(bytes).toString('base64')
    let binary = ''
    for (let at = 0; at < bytes.length; at += 32768) binary += String.fromCharCode(...bytes.subarray(at, at + 32768))
    return btoa(binary)
  }
  const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
    native ? Reflect.apply(native, Uint8Array, [text]) : Uint8Array.from(atob(text), (character) => character.charCodeAt(0))

  const encode = (value: unknown, seen: Map<unknown, number>): Encoded => {
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
    if (typeof value === 'number') {
      if (Object.is(value, -0)) return { $: 'number', v: '-0' }
      return Number.isFinite(value) ? value : { $: 'number', v: String(value) }
    }
    if (typeof value === 'undefined') return { $: 'undefined' }
    if (typeof value === 'bigint') return { $: 'bigint', v: String(value) }
    if (typeof value !== 'object') return refuse()
    const known = seen.get(value)
    if (known !== undefined) return { $: 'seen', v: known }
    seen.set(value, seen.size)
    const tag = Object.prototype.toString.call(value).slice(8, -1)
    if (Array.isArray(value)) return { $: 'array', v: Array.from(value, (item) => encode(item, seen)) }
    if (tag === 'Date') return { $: 'date', v: (value as Date).getTime() }
    if (tag === 'Map')
      return { $: 'map', v: [...(value as Map<unknown, unknown>)].map(([k, item]) => [encode(k, seen), encode(item, seen)]) }
    if (tag === 'Set') return { $: 'set', v: [...(value as Set<unknown>)].map((item) => encode(item, seen)) }
    if (tag === 'Uint8Array') return { $: 'bytes', v: toBase64(value as Uint8Array) }
    if (tag === 'ArrayBuffer') return { $: 'buffer', v: toBase64(new Uint8Array(value as ArrayBuffer)) }
    if (tag === 'Error') return { $: 'error', v: [(value as Error).name, (value as Error).message] }
    if (tag !== 'Object') return refuse()
    return { $: 'object', v: Object.keys(value).map((key) => [key, encode((value as Record<string, unknown>)[key], seen)]) }
  }

  const decode = (encoded: Encoded, seen: unknown[]): unknown => {
    if (typeof encoded !== 'object' || encoded === null) return encoded
    const keep = <T>(value: T): T => {
      seen.push(value)
      return value
    }
    switch (encoded.$) {
      case 'number':
        return Number(encoded.v)
      case 'undefined':
        return undefined
      case 'bigint':
        return BigInt(encoded.v as string)
      case 'seen':
        return seen[encoded.v as number]
      case 'array': {
        const array = keep<unknown[]>([])
        for (const item of encoded.v as Encoded[]) array.push(decode(item, seen))
        return array
      }
      case 'date':
        return keep(new Date(encoded.v as number))
      case 'map': {
        const map = keep(new Map<unknown, unknown>())
        for (const [key, item] of encoded.v as [Encoded, Encoded][]) map.set(decode(key, seen), decode(item, seen))
        return map
      }
      case 'set': {
        const set = keep(new Set<unknown>())
        for (const item of encoded.v as Encoded[]) set.add(decode(item, seen))
        return set
      }
      case 'bytes':
        return keep(fromBase64(encoded.v as string))
      case 'buffer':
        return keep(fromBase64(encoded.v as string).buffer)
      case 'error': {
        const [name, message] = encoded.v as [string, string]
        return keep(Object.assign(new Error(message), { name }))
      }
      default: {
        const object = keep<Record<string, unknown>>({})
        for (const [key, item] of encoded.v as [string, Encoded][]) {
          // defined, not assigned: a key named __proto__ is data
          Object.defineProperty(object, key, { value: decode(item, seen), writable: true, enumerable: true, configurable: true })
        }
        return object
      }
    }
  }

  return {
    encode: (value) => JSON.stringify(encode(value, new Map())),
    decode: (text) => decode(JSON.parse(text) as Encoded, []),
  }
}
