import { describe, expect, test } from 'vitest'
import { placeInYaml } from './place-in-yaml.ts'

/** `|` marks the cursor. */
function at(marked: string) {
  const offset = marked.indexOf('|')
  const place = placeInYaml(marked.replace('|', ''), offset)
  return (
    place &&
    `${place.path.join('.')} ${place.at} ${offset - place.from}${place.beside.size > 0 ? ` (${[...place.beside].toSorted().join(' ')})` : ''}`
  )
}

describe('in blocks', () => {
  test.for([
    ['an empty document', '|', ' start 0'],
    ['a key of the root', 'version: 1\nru|', ' start 2 (version)'],
    ['a value', 'version: |', 'version value 0'],
    ['a value that has begun', 'rules:\n  - effect: de|', 'rules.[].effect value 2'],
    ['the first key of an element', 'rules:\n  - |', 'rules.[] start 0'],
    ['a further key of an element', 'rules:\n  - id: a\n    eff|', 'rules.[] start 3 (id)'],
    ['a key between others', 'rules:\n  - id: a\n    |\n    because: Yes.\n  - id: b\n', 'rules.[] start 0 (because id)'],
    ['another element of the list', 'rules:\n  - id: a\n    effect: allow\n  - |', 'rules.[] start 0'],
    ['a list that is not indented', 'rules:\n- id: a\n  w|', 'rules.[] start 1 (id)'],
    ['after a list that is not indented', 'rules:\n- id: a\nexam|', ' start 4 (rules)'],
    ['an object in an element', 'rules:\n  - id: a\n    match:\n      too|', 'rules.[].match start 3'],
    ['an element of a list of values', 'rules:\n  - detect:\n      - ca|', 'rules.[].detect.[] start 2'],
    ['a list in a list', 'rules:\n  - mask:\n      - fields: [a]\n        ac|', 'rules.[].mask.[] start 2 (fields)'],
    ['after blank lines and comments', 'rules:\n\n  # the first\n  - id: a\n\n    # now\n    o|', 'rules.[] start 1 (id)'],
    ['a quoted key', '"rules":\n  - id: a\n    w|', 'rules.[] start 1 (id)'],
  ] as const)('%s', ([, marked, expected]) => {
    expect(at(marked)).toBe(expected)
  })
})

describe('in brackets', () => {
  test.for([
    ['a key', 'rules:\n  - match: { con|', 'rules.[].match key 3'],
    ['a further key', 'rules:\n  - match: { tools: [a], |', 'rules.[].match key 0 (tools)'],
    ['a value of a key', 'rules:\n  - review: { reasonRequired: t|', 'rules.[].review.reasonRequired value 1 (reasonRequired)'],
    ['an element', 'rules:\n  - detect: [card, i|', 'rules.[].detect.[] value 1'],
    ['an object in a list', 'rules:\n  - mask: [{ detect: [card], act|', 'rules.[].mask.[] key 3 (detect)'],
    [
      'over several lines',
      'rules:\n  - match: { connections: [a],\n             tools: [b], m|',
      'rules.[].match key 1 (connections tools)',
    ],
    ['an element that is an object', 'examples:\n  - {\n      name: one,\n      exp|', 'examples.[] key 3 (name)'],
    ['after what is closed', 'rules:\n  - match: { tools: [a] }\n    eff|', 'rules.[] start 3 (match)'],
    ['a colon in quotes', 'examples:\n  - args: { "a: b": |', 'examples.[].args.a: b value 0 (a: b)'],
  ] as const)('%s', ([, marked, expected]) => {
    expect(at(marked)).toBe(expected)
  })
})

describe('nowhere', () => {
  test.for([
    ['a comment', '# rul|'],
    ['a comment behind a value', 'version: 1 # th|'],
    ['a text of several lines', 'rules:\n  - when: >-\n      sql(args|'],
    ['under a value', 'version: 1\n  x|'],
  ] as const)('%s', ([, marked]) => {
    expect(at(marked)).toBeUndefined()
  })
})
