/** Shorter words are names and identifiers. */
const shortestWord = 16
const longestPadding = 2

const codes = new Uint8Array(128)
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_') codes[character.charCodeAt(0)] = 1

const isOfWord = (text: string, at: number): boolean => codes[text.charCodeAt(at)] === 1

/**
 * The words of at least sixteen characters of either base64 alphabet, with their padding. Such a word covers one of any sixteen characters
 * in a row, so that only every sixteenth has to be looked at until one is of a word.
 */
export function findBase64Words(text: string, found: (start: number, end: number) => void): void {
  let searched = 0
  for (let at = shortestWord - 1; at < text.length; at += shortestWord) {
    if (!isOfWord(text, at)) continue
    let start = at
    while (start > searched && isOfWord(text, start - 1)) start -= 1
    let end = at + 1
    while (end < text.length && isOfWord(text, end)) end += 1
    searched = end
    // a further word begins after the character that ended this one
    at = end
    if (end - start < shortestWord) continue
    let padded = end
    while (padded < end + longestPadding && text.charCodeAt(padded) === 0x3d) padded += 1
    found(start, padded)
  }
}
