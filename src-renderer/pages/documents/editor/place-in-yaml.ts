/** Where in a YAML document somebody writes. */
export interface YamlPlace {
  /** keys from the root; `[]` stands for an element of a list */
  path: string[]
  /** `start`: a key of the object at the path, or, if none belongs there, a value */
  at: 'start' | 'key' | 'value'
  /** where the word that is being written begins */
  from: number
  /** keys that stand in the same object already */
  beside: ReadonlySet<string>
}

interface Line {
  dashes: number[]
  key?: { name: string; column: number }
  /** where what follows key and dashes begins */
  column: number
  rest: string
}

const keyPattern = /^(?:"([^"]*)"|'([^']*)'|([\w$./-]+))\s*:(?:\s+|$)/
const wordPattern = /[\w$./-]*$/

/**
 * The place of an offset, read from the text alone: a document that is being written is mostly none that a parser accepts. Undefined in
 * comments and in texts of several lines.
 */
export function placeInYaml(text: string, offset: number): YamlPlace | undefined {
  const lines = text.slice(0, offset).split('\n')
  const own = readLine(lines.at(-1) ?? '')
  if (isComment(lines.at(-1) ?? '')) return undefined
  const flow = openFlow(lines)
  if (flow) {
    const base = pathTo(lines.slice(0, flow.line + 1), readLine(lines[flow.line] ?? ''))
    return base && placeInFlow(base, flow.text, offset)
  }
  const path = pathTo(lines, own)
  if (!path) return undefined
  if (own.key) return { path, at: 'value', from: offset - own.rest.length, beside: new Set() }
  if (!/^[\w$./-]*$/.test(own.rest)) return undefined
  return { path, at: 'start', from: offset - own.rest.length, beside: keysBeside(text, lines.length - 1, own.column) }
}

function readLine(line: string): Line {
  const lead = /^ *(?:- +)*/.exec(line)?.[0] ?? ''
  const dashes = [...lead.matchAll(/-/g)].map(({ index }) => index)
  const content = line.slice(lead.length)
  const key = keyPattern.exec(content)
  if (!key) return { dashes, column: lead.length, rest: content }
  const name = key[1] ?? key[2] ?? key[3] ?? ''
  return { dashes, key: { name, column: lead.length }, column: lead.length + key[0].length, rest: content.slice(key[0].length) }
}

const isComment = (line: string): boolean => /(?:^|\s)#/.test(line.replace(/"(?:[^"\\]|\\.)*"|'[^']*'/g, ''))
const isEmpty = (line: string): boolean => /^\s*(?:#.*)?$/.test(line)

/** From the last line upwards through all lines that are indented less. Its own key is the last of the path. */
function pathTo(lines: readonly string[], own: Line): string[] | undefined {
  const path: string[] = own.key ? [own.key.name] : []
  let limit = own.key?.column ?? own.column
  let inList = false
  const enterDashes = (dashes: readonly number[]): void => {
    for (const dash of dashes.toReversed()) {
      if (dash >= limit) continue
      path.unshift('[]')
      limit = dash
      inList = true
    }
  }
  enterDashes(own.dashes)
  for (let index = lines.length - 2; index >= 0 && (limit > 0 || inList); index -= 1) {
    const text = lines[index] ?? ''
    if (isEmpty(text)) continue
    const line = readLine(text)
    // a list may stand under its key without being indented
    if (line.key && (line.key.column < limit || (inList && line.key.column === limit))) {
      // what is indented under a value belongs to it
      if (line.rest.trim() !== '' && !isComment(line.rest)) return undefined
      path.unshift(line.key.name)
      limit = line.key.column
      inList = false
    }
    enterDashes(line.dashes)
  }
  return path
}

/** Keys of the block mapping to which the line belongs. */
function keysBeside(text: string, index: number, column: number): Set<string> {
  const lines = text.split('\n')
  const keys = new Set<string>()
  const walk = (from: number, step: number): void => {
    for (let at = from; at >= 0 && at < lines.length; at += step) {
      const text = lines[at] ?? ''
      if (isEmpty(text)) continue
      const line = readLine(text)
      const begins = line.dashes.length > 0
      if (step > 0 && begins && (line.dashes.at(-1) ?? 0) < column) return
      if (line.key?.column === column) keys.add(line.key.name)
      if ((begins && (line.dashes.at(-1) ?? 0) < column) || (line.key?.column ?? line.column) < column) return
    }
  }
  if (readLine(lines[index] ?? '').dashes.length === 0) walk(index - 1, -1)
  walk(index + 1, 1)
  return keys
}

/** More lines than any list or object in brackets has. */
const flowLines = 60

/** The outermost list or object in brackets that is still open at the end. */
function openFlow(lines: readonly string[]): { line: number; text: string } | undefined {
  let found: { line: number; text: string } | undefined
  for (let index = lines.length - 1; index >= Math.max(0, lines.length - flowLines); index -= 1) {
    const { rest } = readLine(lines[index] ?? '')
    if (!/^[{[]/.test(rest)) continue
    const text = [rest, ...lines.slice(index + 1)].join('\n')
    if (framesOf(text).length > 0) found = { line: index, text }
  }
  return found
}

interface Frame {
  list: boolean
  key: string | undefined
  keys: Set<string>
  /** where the key or value that is being written begins */
  start: number
}

/** The brackets that are open at the end. */
function framesOf(text: string): Frame[] {
  const frames: Frame[] = []
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? ''
    const frame = frames.at(-1)
    if (character === '"' || character === "'") {
      const end = text.indexOf(character, at + 1)
      if (end < 0) return frames
      at = end
    } else if (character === '{' || character === '[') {
      frames.push({ list: character === '[', key: undefined, keys: new Set(), start: at + 1 })
    } else if (character === '}' || character === ']') {
      frames.pop()
      if (frames.length === 0) return []
    } else if (frame && character === ',') {
      frame.key = undefined
      frame.start = at + 1
    } else if (frame && !frame.list && frame.key === undefined && character === ':' && /[\s{["']|^$/.test(text[at + 1] ?? '')) {
      frame.key = text
        .slice(frame.start, at)
        .trim()
        .replace(/^["']|["']$/g, '')
      frame.keys.add(frame.key)
      frame.start = at + 1
    }
  }
  return frames
}

function placeInFlow(base: readonly string[], text: string, offset: number): YamlPlace | undefined {
  const frames = framesOf(text)
  const last = frames.at(-1)
  if (!last) return undefined
  const path = [...base]
  for (const frame of frames) {
    if (frame.list) path.push('[]')
    else if (frame.key !== undefined) path.push(frame.key)
  }
  const from = offset - (wordPattern.exec(text.slice(last.start))?.[0].length ?? 0)
  return { path, at: last.list || last.key !== undefined ? 'value' : 'key', from, beside: last.keys }
}
