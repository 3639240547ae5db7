import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete'
import { hoverTooltip, type EditorView, type Tooltip } from '@codemirror/view'
import { placeInYaml } from './place-in-yaml.ts'
import { describeSchema, keysOf, schemasAt, valuesOf, type SchemaKey, type SchemaNode } from './schema-lookup.ts'

/** What may be written at a place, by the schema of the document. */
export function completionFor(schema: SchemaNode, text: string, offset: number): { from: number; options: Completion[] } | undefined {
  const place = placeInYaml(text, offset)
  if (!place) return undefined
  const nodes = schemasAt(schema, place.path)
  const keys = place.at === 'value' ? [] : keysOf(nodes).filter(({ name }) => !place.beside.has(name))
  const values = place.at === 'key' || keys.length > 0 ? [] : valuesOf(nodes)
  const options = [...keys.map(keyOption), ...values.map((label) => ({ label, type: 'enum' }))]
  return options.length === 0 ? undefined : { from: place.from, options }
}

/** In the order of the schema, what has to be there first. */
const keyOption = ({ name, needed, schema }: SchemaKey, index: number): Completion => ({
  label: name,
  apply: `${name}: `,
  type: 'property',
  boost: (needed ? 60 : 30) - index,
  ...(needed && { detail: 'needed' }),
  ...(schema.description !== undefined && { info: schema.description }),
})

export function completionSource(schema: SchemaNode): (context: CompletionContext) => CompletionResult | null {
  return ({ state, pos, explicit }) => {
    const found = completionFor(schema, state.sliceDoc(), pos)
    if (!found || (!explicit && found.from === pos)) return null
    return { ...found, validFor: /^[\w$./-]*$/ }
  }
}

/** What the schema says of the key, or of the value, that stands at an offset. */
export function explanationFor(
  schema: SchemaNode,
  text: string,
  offset: number,
): { from: number; to: number; name: string; sentences: string[] } | undefined {
  const before = /[\w-]*$/.exec(text.slice(0, offset))?.[0] ?? ''
  const after = /^[\w-]*/.exec(text.slice(offset))?.[0] ?? ''
  const from = offset - before.length
  const name = before + after
  const place = name === '' ? undefined : placeInYaml(text, from)
  if (!place) return undefined
  const path = place.at === 'value' ? place.path : [...place.path, name]
  const sentences = describeSchema(schemasAt(schema, path))
  const shown = path.findLast((step) => step !== '[]') ?? name
  return sentences.length === 0 ? undefined : { from, to: from + name.length, name: shown, sentences }
}

export const schemaHover = (schema: SchemaNode) =>
  hoverTooltip((view: EditorView, offset: number): Tooltip | null => {
    const found = explanationFor(schema, view.state.sliceDoc(), offset)
    if (!found) return null
    const { from, to, name, sentences } = found
    return { pos: from, end: to, above: true, create: () => ({ dom: explanation(name, sentences) }) }
  })

function explanation(name: string, sentences: readonly string[]): HTMLElement {
  const box = document.createElement('div')
  box.className = 'cm-explanation'
  const title = box.appendChild(document.createElement('strong'))
  title.textContent = name
  for (const sentence of sentences) box.appendChild(document.createElement('p')).textContent = sentence
  return box
}
