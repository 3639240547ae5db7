/** Drawings as text. Their colours follow the reader's scheme; they bring their own background, so that they can be read on any page. */

export const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** `ink` for text, `quiet` for what stands back, `ours` and `second` for what is looked at. */
const style = `
  .paper { fill: #ffffff } .ink { fill: #1f2328 } .quiet { fill: #59636e } .grid { stroke: #d1d9e0; stroke-width: 1; fill: none }
  .ours { fill: #0969da; stroke: #0969da } .theirs { fill: #818b98; stroke: #818b98 } .second { fill: #bc4c00; stroke: #bc4c00 }
  .line { fill: none !important; stroke-width: 2 } .halo { paint-order: stroke; stroke: #ffffff; stroke-width: 4px; stroke-linejoin: round } .limit { stroke: #1a7f37; stroke-width: 1.5; stroke-dasharray: 5 4; fill: none } .limit-text { fill: #1a7f37 }
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif } .title { font-size: 15px; font-weight: 600 } .small { font-size: 12px } .strong { font-weight: 600 }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117 } .ink { fill: #f0f6fc } .quiet { fill: #9198a1 } .grid { stroke: #3d444d }
    .ours { fill: #4493f8; stroke: #4493f8 } .theirs { fill: #8b949e; stroke: #8b949e } .second { fill: #f0883e; stroke: #f0883e }
    .halo { stroke: #0d1117 } .limit { stroke: #3fb950 } .limit-text { fill: #3fb950 }
  }`

export function drawing(width: number, height: number, title: string, body: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(title)}">`,
    `<style>${style}\n</style>`,
    `<rect class="paper" width="${width}" height="${height}" rx="6"/>`,
    label(24, 32, title, 'ink title'),
    ...body,
    '</svg>\n',
  ].join('\n')
}

const round = (number: number): string => String(Math.round(number * 10) / 10)

export const label = (x: number, y: number, text: string, classes: string, anchor: 'start' | 'middle' | 'end' = 'start'): string =>
  `<text x="${round(x)}" y="${round(y)}" class="${classes}" text-anchor="${anchor}">${escapeXml(text)}</text>`

export const segment = (x1: number, y1: number, x2: number, y2: number, classes: string, width?: number): string =>
  `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" class="${classes}"${width === undefined ? '' : ` stroke-width="${width}"`}/>`

export const dot = (x: number, y: number, radius: number, classes: string): string =>
  `<circle cx="${round(x)}" cy="${round(y)}" r="${radius}" class="${classes}"/>`

export const polyline = (points: readonly (readonly [number, number])[], classes: string): string =>
  `<polyline points="${points.map(([x, y]) => `${round(x)},${round(y)}`).join(' ')}" class="${classes}"/>`

export interface Scale {
  at(value: number): number
  ticks: number[]
}

/** Powers of ten from below the least to above the most; with 2 and 5 between them where there are few. */
export function logScale(values: readonly number[], from: number, to: number): Scale {
  const known = values.filter((value) => value > 0 && Number.isFinite(value))
  const low = Math.floor(Math.log10(Math.min(...known)))
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...known))))
  const steps = high - low > 2 ? [1] : [1, 2, 5]
  const ticks = Array.from({ length: high - low + 1 }, (_, at) => steps.map((step) => step * 10 ** (low + at))).flat()
  const at = (value: number) => from + ((Math.log10(value) - low) / (high - low)) * (to - from)
  return { at, ticks: ticks.filter((tick) => tick <= 10 ** high) }
}

export function linearScale(most: number, from: number, to: number): Scale {
  const magnitude = 10 ** Math.floor(Math.log10(most / 4))
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * magnitude).find((candidate) => most / candidate <= 5) ?? magnitude * 10
  const end = Math.ceil(most / step) * step
  return {
    at: (value) => from + (value / end) * (to - from),
    ticks: Array.from({ length: Math.round(end / step) + 1 }, (_, at) => at * step),
  }
}

/** 12345.6 → `12,346`; three digits that mean something */
export function shortNumber(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en-US')
  if (value >= 100 || Number.isInteger(value)) return String(Math.round(value))
  return value >= 10 ? value.toFixed(1).replace(/\.0$/, '') : Number(value.toPrecision(2)).toString()
}
