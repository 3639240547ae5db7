/** What a condition sees of a file's path, read as text: no file system was asked, so that symbolic links stay unseen. */
export interface PathFacts {
  /** with `/` between the parts, without `.`, `..` and doubled slashes wherever they can be resolved */
  text: string
  parts: string[]
  /** the parts as careless file systems compare them: NFKC, lower case, without the dots and spaces at their ends that Windows drops */
  folded: string[]
  /** the last part */
  name: string
  /** of the name, folded and without the dot; empty if there is none */
  extension: string
  absolute: boolean
  /** a `..` leads above where the path begins */
  climbs: boolean
  /** some system could read it as another path than these facts say */
  doubtful: boolean
}

/** Longer texts are in doubt; what the operating systems allow ends at 4,096 bytes. */
export const pathLimit = 4096

/** Controls, what nobody sees, and what turns the direction of a text (Unicode classes Cc, Cf; half a surrogate pair). */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\u115f\u1160\u2028\u2029\u3164\uffa0]|\u034f|[\ufe00-\ufe0f]/u

/**
 * A home or an 8.3 short name (`~`), a drive, a stream or a scheme (`:`), an escape of URLs (`%2e`), the other separator (`\`), and ends
 * that Windows drops.
 */
const readDifferently = /(?:^|[\\/])~|~\d|:|%[0-9a-f]{2}|\\|[. ](?=[\\/]|$)(?<!(?:^|[\\/])\.{1,2})/i

/**
 * What a shell or a search replaces (`*`, `?`, a variable), a share of another computer in its other spelling (`//host`), the devices of Windows,
 * and characters that become a separator or a dot where a text is converted.
 */
const replaced =
  /[*?`]|\$[({]|(?:^|[\\/])\$[A-Z_]+(?=[\\/]|$)|%[A-Za-z_]+%|^\/\/|(?:^|[\\/])(?:[Cc][Oo][Nn]|[Pp][Rr][Nn]|[Aa][Uu][Xx]|[Nn][Uu][Ll]|(?:[Cc][Oo][Mm]|[Ll][Pp][Tt])\d)(?:\.[^\\/]*)?(?=[\\/]|$)|[\u2044\u2215\u2216\u29f5\u29f8\ufe68\uff0f\uff3c]|(?:^|[\\/])[.\u2024-\u2026\uff0e]*[\u2024-\u2026\uff0e][.\u2024-\u2026\uff0e]*(?=[\\/]|$)/

/** Reads a path as text, in linear time. Both `/` and `\` separate, so that a part cannot hide behind the one that a server prefers. */
export function pathFacts(text: string): PathFacts {
  if (text.length > pathLimit)
    return { text: '', parts: [], folded: [], name: '', extension: '', absolute: false, climbs: true, doubtful: true }
  const absolute = /^[\\/]|^[a-z]:/i.test(text)
  const parts: string[] = []
  let climbs = false
  for (const part of text.split(/[\\/]/)) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else {
      climbs = true
      // above the root is the root
      if (!absolute) parts.push('..')
    }
  }
  const folded = parts.map(fold)
  const name = parts.at(-1) ?? ''
  const dot = folded.at(-1)?.lastIndexOf('.') ?? -1
  return {
    text: `${absolute ? '/' : ''}${parts.join('/')}`,
    parts,
    folded,
    name,
    extension: dot > 0 ? (folded.at(-1) ?? '').slice(dot + 1) : '',
    absolute,
    climbs,
    doubtful: text === '' || unseen.test(text) || readDifferently.test(text) || replaced.test(text),
  }
}

function fold(part: string): string {
  const plain = part.normalize('NFKC').replace(new RegExp(unseen, 'gu'), '').toLowerCase()
  return part === '..' ? part : plain.replace(/[. ]+$/, '')
}
