import type { MaskApplied } from '../../src-protocol/model.ts'
import type { RecordedMedia } from '../../src-protocol/recording.ts'
import type { MaskingTrial, MaskingTrialResult } from '../../src-protocol/masking-trial.ts'

const shapes = [
  { kind: 'card', rule: 'payment-data', shape: /\b\d{4}[ -]?\d{4}[ -]?\d{4}[ -]?\d{4}\b/g },
  { kind: 'email', rule: 'contact', shape: /[\w.]+@[\w.]+\w/g },
]

/** A stand-in for what main does with the real functions: it knows cards and addresses, and a rule that blocks. */
export function fakeMaskingTrial({ document, text }: MaskingTrial): MaskingTrialResult {
  if (document.includes('\t')) return { outcome: 'invalid', problem: 'line 4: YAML does not admit tabs for indentation' }
  if (document.includes('action: block')) return { outcome: 'blocked', rule: 'detect-card', because: 'Card numbers never leave.' }
  const masks: MaskApplied[] = []
  const mask = (value: string, path: string): string =>
    shapes.reduce(
      (masked, { kind, rule, shape }) =>
        masked.replace(shape, () => {
          const known = masks.find((one) => one.kind === kind && one.path === path)
          if (known) known.count += 1
          else masks.push({ rule, kind, path, count: 1 })
          return `[MASKED:${kind}]`
        }),
      value,
    )
  const walk = (value: unknown, path: string): unknown => {
    if (typeof value === 'string') return mask(value, path)
    if (Array.isArray(value)) return value.map((one) => walk(one, `${path}/*`))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, inside]) => [name, walk(inside, `${path}/${name}`)]))
  }
  try {
    const masked = JSON.stringify(walk(JSON.parse(text), ''), undefined, 2)
    return { outcome: 'masked', json: true, text: masked, masks, media: fakeMedia(text) }
  } catch {
    return { outcome: 'masked', json: false, text: mask(text, ''), masks, media: [] }
  }
}

/** Pictures and sounds of a response, of which one is left out. */
function fakeMedia(text: string): RecordedMedia[] {
  const sha256 = (of: string) => of.padEnd(64, '0')
  const pieces: RecordedMedia[] = [
    { path: '/content/1', kind: 'image', type: 'image/png', bytes: 18_412, sha256: sha256('3fa94c1e') },
    { path: '/content/2', kind: 'audio', type: 'audio/wav', bytes: 211_044, sha256: sha256('9b07d2aa'), leftOutBy: 'no-sounds' },
  ]
  return pieces.filter(({ type }) => text.includes(type))
}
