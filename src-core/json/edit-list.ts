import { walkJson, type JsonVisitor } from './walk-json.ts'

export interface ListEdit {
  /** the member of `result` that is the list */
  list: string
  /** indices of the elements to cut out */
  drop: ReadonlySet<number>
  /** sets this member of `result` to a text, wherever and whatever it was */
  set?: { name: string; value: string }
}

interface Span {
  start: number
  end: number
}

/**
 * Edits the list in the `result` of a JSON-RPC response in place: elements that are dropped go with the comma that follows them (the last ones
 * with the one before), and every other character stays as it was. The text must be one that `parseMessage` has accepted.
 */
export function editList(text: string, { list, drop, set }: ListEdit, maxDepth: number): string {
  const found = new ListVisitor(list, set?.name)
  walkJson(text, found, maxDepth)
  const cuts: (Span & { insert: string })[] = cutsOf(found.elements, drop).map((cut) => ({ ...cut, insert: '' }))
  if (set && found.resultStart !== undefined) {
    const value = JSON.stringify(set.value)
    const { value: known } = found
    if (!known) {
      const at = found.resultStart + 1
      cuts.push({ start: at, end: at, insert: `${JSON.stringify(set.name)}:${value}${found.resultEmpty ? '' : ','}` })
    } else if (text.slice(known.start, known.end) !== value) cuts.push({ ...known, insert: value })
  }
  let output = ''
  let copied = 0
  for (const cut of cuts.toSorted((one, other) => one.start - other.start)) {
    output += text.slice(copied, cut.start) + cut.insert
    copied = cut.end
  }
  return copied === 0 ? text : output + text.slice(copied)
}

function cutsOf(elements: readonly Span[], drop: ReadonlySet<number>): Span[] {
  const cuts: Span[] = []
  let lastKept: Span | undefined
  for (const [index, element] of elements.entries()) {
    const next = elements[index + 1]
    if (!drop.has(index)) lastKept = element
    else if (next) cuts.push({ start: element.start, end: next.start })
    else if (!lastKept) cuts.push(element)
    else {
      // a run of dropped elements at the end: it goes with the comma before it
      while ((cuts.at(-1)?.start ?? -1) >= lastKept.end) cuts.pop()
      cuts.push({ start: lastKept.end, end: element.end })
    }
  }
  return cuts
}

/** Finds the elements of `result.<list>` and the value of `result.<member>`. */
class ListVisitor implements JsonVisitor {
  readonly elements: Span[] = []
  resultStart: number | undefined
  resultEmpty = true
  value: Span | undefined
  readonly #list: string
  readonly #memberName: string | undefined
  /** names of the objects that are open; undefined for arrays */
  readonly #names: (string | undefined)[] = []
  #memberStart = -1
  #elementStart = -1

  constructor(list: string, memberName: string | undefined) {
    this.#list = list
    this.#memberName = memberName
  }

  objectStart(start: number): void {
    if (this.#names.length === 1 && this.#names[0] === 'result') this.resultStart = start
    this.#valueStarts(start)
    this.#names.push('')
  }

  member(name: string): void {
    this.#names[this.#names.length - 1] = name
  }

  objectEnd(end: number): void {
    this.#names.pop()
    this.#valueEnds(end)
  }

  arrayStart(start: number): void {
    this.#valueStarts(start)
    this.#names.push(undefined)
  }

  element(): void {}

  arrayEnd(end: number): void {
    this.#names.pop()
    this.#valueEnds(end)
  }

  string(start: number, end: number): void {
    this.#valueStarts(start)
    this.#valueEnds(end)
  }

  scalar(start: number, end: number): void {
    this.#valueStarts(start)
    this.#valueEnds(end)
  }

  #inResult(): boolean {
    return this.#names.length === 2 && this.#names[0] === 'result' && this.resultStart !== undefined
  }

  #inList(): boolean {
    return this.#names.length === 3 && this.#names[0] === 'result' && this.#names[1] === this.#list && this.#names[2] === undefined
  }

  #valueStarts(start: number): void {
    if (this.#inResult()) {
      this.resultEmpty = false
      if (this.#names[1] === this.#memberName) this.#memberStart = start
    } else if (this.#inList()) this.#elementStart = start
  }

  #valueEnds(end: number): void {
    if (this.#inResult() && this.#names[1] === this.#memberName && this.#memberStart >= 0) {
      this.value = { start: this.#memberStart, end }
    } else if (this.#inList()) this.elements.push({ start: this.#elementStart, end })
  }
}
