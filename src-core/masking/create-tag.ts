import { createHmac } from 'node:crypto'

const base32 = 'abcdefghijklmnopqrstuvwxyz234567'
/** 30 bits: among a thousand values two share a tag about once in two thousand sessions */
const characters = 6

/**
 * Short tags by which equal values can be followed through a session. Who does not have the key learns nothing from them; with another key the
 * same value has another tag.
 */
export function createTag(key: Uint8Array): (value: string) => string {
  return (value) => {
    const bytes = createHmac('sha256', key).update('masking tag\n').update(value).digest()
    let tag = ''
    for (let at = 0; at < characters; at += 1) tag += base32[(bytes[at] ?? 0) & 31]
    return tag
  }
}
