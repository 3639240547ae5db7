/** A seeded source of variety (mulberry32), so that every run of a test sees the same recording. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** 64 hexadecimal digits that look like a SHA-256 and depend on the text. Not one: fakes verify nothing. */
export function lookalikeHash(text: string): string {
  let seed = 2_166_136_261
  for (let at = 0; at < text.length; at += 1) seed = Math.imul(seed ^ text.charCodeAt(at), 16_777_619)
  const random = seededRandom(seed)
  return Array.from({ length: 64 }, () => Math.floor(random() * 16).toString(16)).join('')
}
