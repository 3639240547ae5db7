import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeBase64Text } from './decode-base64-text.ts'
import { markedTokens, findSecrets } from './detectors/find-secrets.ts'
import { findBase64Words } from './find-base64-words.ts'
import { normaliseForSearch } from './normalise-for-search.ts'

/** Each shortcut beside the plain way that it stands for. */
describe('a shortcut of the search finds what the search finds', () => {
  const alphabet = fc.constantFrom('a', 'Z', '0', '+', '/', '-', '_', '=', '.', ' ', 'ü')
  const text = fc.oneof(
    fc.string({ unit: alphabet, maxLength: 120 }),
    fc
      .array(fc.tuple(fc.integer({ min: 0, max: 40 }), alphabet), { maxLength: 8 })
      .map((runs) => runs.map(([count, sign]) => 'x'.repeat(count) + sign).join('')),
  )

  test('base64 words', () => {
    fc.assert(
      fc.property(text, (value) => {
        const found: [number, number][] = []
        findBase64Words(value, (start, end) => found.push([start, end]))
        const words = [...value.matchAll(/(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,}={0,2}/g)]
        expect(found).toEqual(words.map((word) => [word.index, word.index + word[0].length]))
      }),
      { numRuns: 2000 },
    )
  })

  test('what base64 holds', () => {
    const decoded = (token: string): string | undefined => {
      const inside = Buffer.from(token, 'base64').toString('utf8')
      return /\ufffd|(?![\t\n\r])\p{Cc}/u.test(inside) ? undefined : inside
    }
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array)),
      fc.string({ unit: 'binary', maxLength: 40 }).map((string) => Buffer.from(string)),
      fc
        .string({ unit: fc.constantFrom('a', '\n', '\u0001', '\u007f', '\u0080', 'é', 'ü', '߿', 'ࠀ', '€', '\ufffd', '👍'), maxLength: 20 })
        .map((string) => Buffer.from(string)),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 4 }), fc.string())
        .map(([first, rest]) => Buffer.concat([first, Buffer.from(rest)])),
    )
    fc.assert(
      fc.property(bytes, fc.constantFrom('base64' as const, 'base64url' as const), (buffer, encoding) => {
        const token = buffer.toString(encoding)
        expect(decodeBase64Text(token)).toEqual(decoded(token))
      }),
      { numRuns: 5000 },
    )
  })

  test.for(markedTokens)('tokens marked $mark', ({ shape }) => {
    const token = fc.stringMatching(new RegExp(`^${shape.source.replaceAll(/\(\?<?!.*?\)/g, '')}$`), { maxLength: 80 })
    fc.assert(
      fc.property(token, fc.string({ maxLength: 10 }), fc.string({ maxLength: 10 }), (secret, before, after) => {
        const value = `${before} ${secret} ${after}`
        const found = new Set<string>()
        findSecrets(value, (start, end) => found.add(`${start}-${end}`))
        for (const match of value.matchAll(shape)) expect(found).toContain(`${match.index}-${match.index + match[0].length}`)
      }),
      { numRuns: 30 },
    )
  })

  test('places in a normalised text', () => {
    const unit = fc.constantFrom('a', '4', '~', '\u007f', '\t', '\u0301', 'é', '½', 'ﬁ', '٣', '\u200b', '—', '𝟗', '👍', '\ud83d')
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 40 }), (value) => {
        const { text: normalised, origin } = normaliseForSearch(value)
        // one character after the other: what stands at its place gives it
        for (let at = 0; at < normalised.length; at += 1) {
          const { start, end } = origin(at, at + 1)
          expect(normaliseForSearch(value.slice(start, end)).text).toContain(normalised[at])
        }
        const whole = origin(0, normalised.length)
        if (normalised.length > 0) expect(normaliseForSearch(value.slice(whole.start, whole.end)).text).toBe(normalised)
      }),
      { numRuns: 2000 },
    )
  })
})
