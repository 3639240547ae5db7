/**
 * Compiles a JSON Schema of one OCSF event class out of the published schema files (class, profiles, dictionary, objects):
 *   node test/standards/compile-ocsf-schema.ts FOLDER > test/standards/ocsf-api-activity.schema.json
 * FOLDER holds the files of https://github.com/ocsf/ocsf-schema (Apache-2.0) in the release that is wanted.
 */
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

interface Attribute {
  requirement?: string | null
  type?: string
  is_array?: boolean
  enum?: Record<string, unknown>
  profile?: string | null
}
type Attributes = Record<string, Attribute>
interface Definition {
  uid?: number
  category?: string
  extends?: string
  attributes: Attributes
  /** files of profiles whose attributes belong to it */
  includes: string[]
  constraints?: { at_least_one?: string[]; just_one?: string[] }
}
interface Dictionary {
  attributes: Record<string, Attribute>
  types: { attributes: Record<string, { type?: string; regex?: string; values?: unknown[]; max_len?: number; range?: [number, number] }> }
}

/** The JSON Schema of a class with these profiles: unknown attributes are refused, required ones demanded, enumerations closed. */
export function compileOcsfSchema(folder: string, className: string, profiles: readonly string[]): object {
  const read = (...path: string[]): unknown => JSON.parse(readFileSync(join(folder, ...path), 'utf8'))
  const dictionary = read('dictionary.json') as Dictionary
  const definitions: Record<string, object> = {}

  function load(...path: string[]): Definition {
    const published = read(...path) as Definition & { attributes: { $include?: string[] } }
    const { $include: includes = [], ...attributes } = published.attributes
    return { ...published, attributes, includes }
  }

  const included = ({ includes }: Definition): Attributes => {
    const found: Attributes = {}
    for (const file of includes) {
      // a profile counts where the event says that it has it
      if (profiles.includes(basename(file, '.json'))) merge(found, load(file).attributes)
    }
    return found
  }

  const loadEvent = (name: string): Definition => {
    const file = ['events/application', 'events'].map((path) => join(path, `${name}.json`)).find((path) => existsSync(join(folder, path)))
    return load(file ?? name)
  }

  function flatten(find: (name: string) => Definition, name: string): Definition {
    const own = find(name)
    const base = own.extends === undefined ? { attributes: {}, includes: [] } : flatten(find, own.extends)
    const attributes: Attributes = {}
    merge(attributes, base.attributes)
    merge(attributes, included(own))
    merge(attributes, own.attributes)
    return { attributes, includes: [], constraints: { ...base.constraints, ...own.constraints } }
  }

  function schemaOf({ attributes, constraints = {} }: Definition): { properties: Record<string, object> } {
    const properties: Record<string, object> = {}
    const required: string[] = []
    for (const [name, attribute] of Object.entries(attributes)) {
      if (typeof attribute.profile === 'string' && !profiles.includes(attribute.profile)) continue
      const whole = { ...dictionary.attributes[name], ...defined(attribute) }
      properties[name] = typeSchema(whole)
      if (whole.requirement === 'required') required.push(name)
    }
    const { at_least_one: some, just_one: one } = constraints
    const known = (names: string[]) => names.filter((name) => name in properties).map((name) => ({ required: [name] }))
    const shape = {
      type: 'object',
      additionalProperties: false,
      properties,
      ...(required.length > 0 && { required: required.toSorted() }),
      ...(some && { anyOf: known(some) }),
      ...(one && { oneOf: known(one) }),
    }
    return shape
  }

  function typeSchema({ type = 'string_t', is_array: isArray, enum: values }: Attribute): object {
    let schema: object
    if (type.endsWith('_t')) {
      schema = scalarSchema(type)
      if (values) {
        const isNumber = scalarKind(type) === 'integer'
        schema = { ...schema, enum: Object.keys(values).map((value) => (isNumber ? Number(value) : value)) }
      }
    } else {
      schema = { $ref: `#/$defs/${type}` }
      if (!(type in definitions)) {
        definitions[type] = {}
        definitions[type] = type === 'object' ? { type: 'object' } : schemaOf(flatten((name) => load('objects', `${name}.json`), type))
      }
    }
    return isArray ? { type: 'array', items: schema } : schema
  }

  function scalarKind(type: string): 'boolean' | 'integer' | 'number' | 'string' | 'any' {
    const base = dictionary.types.attributes[type]?.type ?? type
    if (base === 'boolean_t') return 'boolean'
    if (base === 'integer_t' || base === 'long_t') return 'integer'
    if (base === 'float_t') return 'number'
    return base === 'json_t' ? 'any' : 'string'
  }

  function scalarSchema(type: string): object {
    const kind = scalarKind(type)
    const { regex, max_len: maxLength } = dictionary.types.attributes[type] ?? {}
    if (kind === 'any') return {}
    return { type: kind, ...(regex && { pattern: regex }), ...(maxLength && { maxLength }) }
  }

  const root = schemaOf(flatten(loadEvent, className))
  // a class's number stands behind its category's, an activity's behind its class's
  const { uid = 0, extends: base = '' } = loadEvent(className)
  const category =
    (read('categories.json') as { attributes: Record<string, { uid: number }> }).attributes[loadEvent(base).category ?? base]?.uid ?? 0
  const classUid = category * 1000 + uid
  const numbers = { category_uid: { const: category }, class_uid: { const: classUid } }
  const activities = Object.values((root.properties['activity_id'] as { enum: number[] }).enum)
  Object.assign(root.properties, numbers, { type_uid: { enum: activities.map((activity) => classUid * 100 + activity) } })
  const { version } = read('version.json') as { version: string }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `OCSF ${version} ${className}, profiles ${profiles.join(', ')}`,
    ...root,
    $defs: Object.fromEntries(Object.entries(definitions).toSorted(([one], [other]) => one.localeCompare(other))),
  }
}

function merge(into: Attributes, from: Attributes): void {
  for (const [name, attribute] of Object.entries(from)) {
    const known = into[name]
    // a class adds values to those that it inherits
    const values = known?.enum || attribute.enum ? { enum: { ...known?.enum, ...attribute.enum } } : {}
    into[name] = { ...known, ...defined(attribute), ...values }
  }
}

const defined = (attribute: Attribute): Attribute =>
  Object.fromEntries(Object.entries(attribute).filter(([key, value]) => value !== null || key === 'profile')) as Attribute

if (import.meta.main) {
  const [folder] = process.argv.slice(2)
  if (folder === undefined) throw new Error('the folder of the published schema is missing')
  process.stdout.write(`${JSON.stringify(compileOcsfSchema(folder, 'api_activity', ['security_control', 'ai_operation']), undefined, 1)}\n`)
}
