import { expect, test } from 'vitest'
import { decideWindowPlacement } from './window-placement.ts'

const screens = [
  { x: 0, y: 0, width: 1920, height: 1080 },
  { x: 1920, y: 0, width: 1280, height: 1024 },
]
const at = (x: number, y: number) => ({ bounds: { x, y, width: 1000, height: 700 }, maximized: false })

test('the first window has the default size', () => {
  expect(decideWindowPlacement(undefined, screens)).toEqual({ bounds: { width: 1280, height: 800 }, maximized: false })
})

test.for([
  [100, 100],
  [-900, 0],
  [2500, 900],
] as const)('a window at %d, %d opens there again', ([x, y]) => {
  expect(decideWindowPlacement(at(x, y), screens).bounds).toEqual({ x, y, width: 1000, height: 700 })
})

test.for([
  ['left of every screen', -950, 100],
  ['below', 100, 1060],
  ['above', 100, -50],
  ['on a screen that is no longer there', 3300, 100],
] as const)('a window %s keeps its size only', ([, x, y]) => {
  expect(decideWindowPlacement(at(x, y), screens).bounds).toEqual({ width: 1000, height: 700 })
})

test('a maximized window is maximized again', () => {
  expect(decideWindowPlacement({ ...at(0, 0), maximized: true }, screens).maximized).toBe(true)
})
