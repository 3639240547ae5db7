import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const css = readFileSync(join(import.meta.dirname, '../../src-renderer/theme/tokens.css'), 'utf8')

type Tokens = Record<string, string>

function tokensOf(selector: string): Tokens {
  const start = css.indexOf(`${selector} {`)
  const block = css.slice(start, css.indexOf('\n}', start))
  return Object.fromEntries([...block.matchAll(/--gh-([a-z0-9-]+):\s*(#[0-9a-f]{6})\b/g)].map((match) => [match[1] ?? '', match[2] ?? '']))
}

/** Relative luminance, WCAG 2.2. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(a: string, b: string): number {
  const [lighter = 0, darker = 0] = [luminance(a), luminance(b)].toSorted((x, y) => y - x)
  return (lighter + 0.05) / (darker + 0.05)
}

const light = tokensOf(':root')
const themes = { light, dark: { ...light, ...tokensOf("[data-mantine-color-scheme='dark']") } }
const surfaces = ['bg-chrome', 'bg-canvas', 'bg-surface', 'bg-sunken', 'bg-hover', 'bg-selected']
const verdicts = ['allowed', 'masked', 'held', 'denied']
const texts = ['text', 'text-2', 'text-3', 'accent', 'accent-hover', 'code-key', 'code-kw', 'code-str', 'code-num', 'code-dim', ...verdicts]

/** Every pair of a foreground and a background that may meet, with the ratio it must have. */
const pairs: [string, string, number][] = [
  ...texts.flatMap((text) => surfaces.map((surface): [string, string, number] => [text, surface, 4.5])),
  ...verdicts.flatMap((verdict) =>
    [verdict, 'text', 'text-2', 'accent'].map((text): [string, string, number] => [text, `${verdict}-bg`, 4.5]),
  ),
  ['on-accent', 'accent', 4.5],
  ['on-accent', 'accent-hover', 4.5],
  // the tooltip is the theme turned over
  ['bg-surface', 'text', 4.5],
  ...verdicts.map((verdict): [string, string, number] => [`${verdict}-mark`, 'bg-surface', 3]),
  ['line-control', 'bg-surface', 3],
  ...surfaces.map((surface): [string, string, number] => ['focus', surface, 3]),
]

describe.each(Object.entries(themes))('in the %s theme', (_, tokens) => {
  test.for(pairs)('%s on %s has a contrast of at least %d', ([foreground, background, least]) => {
    expect(tokens).toHaveProperty(foreground)
    expect(tokens).toHaveProperty(background)
    expect(contrast(tokens[foreground] ?? '', tokens[background] ?? '')).toBeGreaterThanOrEqual(least)
  })
})

test('the dark theme sets every colour that the light one has', () => {
  expect(Object.keys(tokensOf("[data-mantine-color-scheme='dark']")).toSorted()).toEqual(Object.keys(light).toSorted())
})

test('the formula gives the known extremes', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21)
  expect(contrast('#777777', '#ffffff')).toBeLessThan(4.5)
})
