import { RE2JS } from 're2js'
import type { Detector } from './detectors/detector.ts'

export type CustomPattern = { ok: true; detector: Detector } | { ok: false; problem: string }

/** Compiles a rule's `pattern` (RE2 syntax, linear time). A pattern that finds the empty text would mask between all characters. */
export function compileCustomPattern(pattern: string): CustomPattern {
  let compiled: RE2JS
  try {
    compiled = RE2JS.compile(pattern)
  } catch (cause) {
    return { ok: false, problem: `not a regular expression: ${cause instanceof Error ? cause.message : String(cause)}` }
  }
  if (compiled.matcher('').find()) return { ok: false, problem: 'the pattern matches the empty text' }
  return {
    ok: true,
    detector: (text, found) => {
      const matcher = compiled.matcher(text)
      while (matcher.find()) if (matcher.end() > matcher.start()) found(matcher.start(), matcher.end())
    },
  }
}

/** Finds whole words and phrases, whatever their case. */
export function createWordDetector(words: readonly string[]): Detector {
  const phrasesByFirstWord = new Map<string, string[]>()
  for (const word of words) {
    const phrase = word.normalize('NFKC').toLowerCase()
    const first = /^[\p{L}\p{N}_]+/u.exec(phrase)?.[0] ?? phrase
    phrasesByFirstWord.set(first, [...(phrasesByFirstWord.get(first) ?? []), phrase])
  }
  // the longest first: of two phrases with the same beginning it covers the other
  for (const phrases of phrasesByFirstWord.values()) phrases.sort((a, b) => b.length - a.length)
  return (text, found) => {
    for (const match of text.matchAll(/[\p{L}\p{N}_]+/gu)) {
      if (match[0].length > longestWord) continue
      for (const phrase of phrasesByFirstWord.get(match[0].toLowerCase()) ?? []) {
        const end = match.index + phrase.length
        if (text.slice(match.index, end).toLowerCase() !== phrase || /^[\p{L}\p{N}_]/u.test(text.slice(end, end + 2))) continue
        found(match.index, end)
        break
      }
    }
  }
}

const longestWord = 200
