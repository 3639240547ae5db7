/**
 * Warnings for a reviewer about characters that hide or disguise what is written: sentences, at most one of each kind.
 * The text is JSON as it was sent; what it writes as an escape (`\u202e`) is looked at like the character itself.
 */
export function inspectArguments(text: string): string[] {
  const decoded = decodeEscapes(text)
  const found = new Map<CharacterKind, string[]>()
  let before = ''
  for (const character of decoded) {
    const kind = kindOf(character, before)
    if (kind) {
      const characters = found.get(kind) ?? []
      if (characters.length < countLimit) characters.push(character)
      found.set(kind, characters)
    }
    before = character
  }
  const warnings = characterKinds.flatMap((kind) => {
    const characters = found.get(kind)
    return characters ? [kind.sentence(countOf(characters), pointsOf(characters))] : []
  })
  if (hasLongBlank(decoded)) warnings.push('A long run of white space pushes text out of sight: scroll to the end.')
  return [...warnings, ...inspectWords(decoded.match(/[\p{L}\p{M}]+/gu) ?? [])]
}

interface CharacterKind {
  /** code points, both ends included */
  ranges: readonly (readonly [number, number])[]
  sentence: (times: string, points: string) => string
}

const characterKinds: readonly CharacterKind[] = [
  {
    // marks, embeddings, overrides and isolates of the bidirectional algorithm (UAX #9)
    ranges: [
      [0x061c, 0x061c],
      [0x200e, 0x200f],
      [0x202a, 0x202e],
      [0x2066, 0x2069],
    ],
    sentence: (times, points) => `The direction of text is changed ${times} (${points}): it may run in another order than you see.`,
  },
  {
    // no appearance of their own: zero-width characters, fillers, variation selectors, tags
    ranges: [
      [0x00ad, 0x00ad],
      [0x034f, 0x034f],
      [0x115f, 0x1160],
      [0x17b4, 0x17b5],
      [0x180b, 0x180f],
      [0x200b, 0x200d],
      [0x2060, 0x2065],
      [0x206a, 0x206f],
      [0x2800, 0x2800],
      [0x3164, 0x3164],
      [0xfe00, 0xfe0f],
      [0xfeff, 0xfeff],
      [0xffa0, 0xffa0],
      [0xfff9, 0xfffb],
      [0x1d173, 0x1d17a],
      [0xe0000, 0xe0fff],
    ],
    sentence: (times, points) => `Invisible characters are in the text ${times} (${points}).`,
  },
  {
    // all but tab, line feed and carriage return
    ranges: [
      [0x0000, 0x0008],
      [0x000b, 0x000c],
      [0x000e, 0x001f],
      [0x007f, 0x009f],
      [0x2028, 0x2029],
      [0xd800, 0xdfff],
    ],
    sentence: (times, points) => `Control characters are in the text ${times} (${points}).`,
  },
  {
    // full-width forms and mathematical alphabets
    ranges: [
      [0xff01, 0xff5e],
      [0x1d400, 0x1d7ff],
    ],
    sentence: (times, points) => `Letters or signs in unusual forms look like plain ones ${times} (${points}).`,
  },
]

/** Sixty blanks in a line, or twenty empty lines. */
function hasLongBlank(text: string): boolean {
  for (const [run] of text.matchAll(/\s{20,}/gu)) {
    if (run.split('\n').length > 20 || run.split('\n').some((line) => line.length >= 60)) return true
  }
  return false
}

const countLimit = 1000
const namedLimit = 5

function kindOf(character: string, before: string): CharacterKind | undefined {
  const code = character.codePointAt(0) ?? 0
  if (code >= 0x20 && code < 0x7f) return undefined
  // 👩‍💻 and ❤️ are made with a joiner and a variation selector
  if ((code === 0x200d || code === 0xfe0f) && /[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f]/u.test(before)) return undefined
  return characterKinds.find(({ ranges }) => ranges.some(([from, to]) => code >= from && code <= to))
}

function decodeEscapes(text: string): string {
  const simple: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/gsu, (_, digits: string | undefined, character: string | undefined) =>
    digits === undefined ? (simple[character ?? ''] ?? character ?? '') : String.fromCharCode(Number.parseInt(digits, 16)),
  )
}

const alikeScripts = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
  /\p{Script=Coptic}/u,
]
/** Letters of other scripts that are drawn like Latin ones: a word of these alone reads as a Latin word. */
const disguises = [/^[асеорхуіјѕһԁԛԝАВЕЅІЈКМНОРСТХҮԚԜ]{4,}$/u, /^[οανιρυκΑΒΕΖΗΙΚΜΝΟΡΤΥΧ]{4,}$/u]

function inspectWords(words: readonly string[]): string[] {
  const warnings: string[] = []
  const mixed = words.filter(isMixed)
  if (mixed.length > 0) warnings.push(`Words mix letters of alphabets that look alike: ${describeWords(mixed)}.`)
  const disguised = words.filter((word) => disguises.some((disguise) => disguise.test(word)))
  if (disguised.length > 0) warnings.push(`Words look like Latin letters but are not: ${describeWords(disguised)}.`)
  return warnings
}

const isMixed = (word: string): boolean => alikeScripts.filter((script) => script.test(word)).length > 1

/** A letter that a reader takes for another one. */
export interface DisguisedLetter {
  /** UTF-16 offset */
  at: number
  length: number
  /** `U+0435` */
  codePoint: string
}

/** The odd letters of words that mix alphabets, and all letters of words that only look Latin: where `inspectArguments` warns of them. */
export function findDisguisedLetters(text: string): DisguisedLetter[] {
  const found: DisguisedLetter[] = []
  for (const word of text.matchAll(/[\p{L}\p{M}]+/gu)) {
    if (!isMixed(word[0]) && !disguises.some((disguise) => disguise.test(word[0]))) continue
    let at = word.index
    for (const letter of word[0]) {
      if (/\p{L}/u.test(letter) && !/\p{Script=Latin}/u.test(letter))
        found.push({ at, length: letter.length, codePoint: codePoint(letter) })
      at += letter.length
    }
  }
  return found
}

const countOf = (characters: readonly string[]): string =>
  characters.length === 1 ? 'once' : `${characters.length}${characters.length === countLimit ? ' or more' : ''} times`

function pointsOf(characters: readonly string[]): string {
  const points = [...new Set(characters.map(codePoint))]
  return points.slice(0, namedLimit).join(', ') + (points.length > namedLimit ? ' and others' : '')
}

const codePoint = (character: string): string => `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`

/** Shows which letters are the odd ones: `рassword (р is U+0440)`. */
function describeWords(words: readonly string[]): string {
  const described = [...new Set(words)].slice(0, namedLimit).map((word) => {
    const odd = Array.from(word).filter((letter) => /\p{L}/u.test(letter) && !/\p{Script=Latin}/u.test(letter))
    const named = [...new Set(odd)].slice(0, namedLimit).map((letter) => `${letter} is ${codePoint(letter)}`)
    return `${word.slice(0, 40)} (${named.join(', ')})`
  })
  return described.join('; ')
}
