import { expect, test } from 'vitest'
import type { PinnedTool } from '../../../../src-protocol/model.ts'
import { filterTools, orderTools, toolLook } from './tool-look.ts'

const tool = (name: string, state: PinnedTool['state'], held = false): PinnedTool => ({
  tool: name,
  state,
  held,
  hash: '',
  firstSeenAt: '',
})
const tools = [
  tool('b', 'pinned'),
  tool('a', 'pinned'),
  tool('gone', 'missing'),
  tool('Rm', 'rejected', true),
  tool('fresh', 'new'),
  tool('later', 'new', true),
  tool('turned', 'changed', true),
]
const names = (list: readonly PinnedTool[]) => list.map((each) => each.tool)

test('what waits comes first, each state by name', () => {
  expect(names(orderTools(tools))).toEqual(['later', 'turned', 'fresh', 'Rm', 'gone', 'a', 'b'])
})

test.for([
  ['all', '', 7],
  ['waiting', '', 2],
  ['new', '', 2],
  ['missing', '', 1],
  ['all', ' RM ', 1],
  ['pinned', 'turned', 0],
] as const)('%s with “%s”', ([filter, text, count]) => {
  expect(filterTools(tools, filter, text)).toHaveLength(count)
})

test('every state has a word, and a held new tool another one', () => {
  const states = ['pinned', 'new', 'changed', 'rejected', 'missing'] as const
  expect(new Set([...states.map((state) => toolLook({ state, held: false }).word), toolLook({ state: 'new', held: true }).word]).size).toBe(
    6,
  )
})
