import { expect, test } from 'vitest'
import type { JsonValue } from '../../src-core/json/json-value.ts'
import { ToolDefinitions } from './tool-definitions.ts'

function listed(...tools: JsonValue[]): ToolDefinitions {
  const definitions = new ToolDefinitions()
  definitions.learn({ tools }, 'first')
  return definitions
}

test('sessions share a definition that is the same to the last letter, and no other', () => {
  const tool = { name: 'read', description: 'Reads', annotations: { readOnlyHint: true } }
  const one = listed(tool).of('read')
  expect(one).toMatchObject({ description: 'Reads', annotations: { readOnlyHint: true } })
  expect(listed({ ...tool, annotations: { readOnlyHint: true } }).of('read')).toBe(one)
  const changed = listed({ ...tool, annotations: { readOnlyHint: false } }).of('read')
  expect(changed).toMatchObject({ annotations: { readOnlyHint: false } })
  expect(changed.hash).not.toBe(one.hash)
  expect(one.annotations).toEqual({ readOnlyHint: true })
})
