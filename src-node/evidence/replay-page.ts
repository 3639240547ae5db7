import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** What stands in a page that shows one recording and computes its proof, without anything from elsewhere. */
export interface ReplayPageData {
  /** the recording's lines, byte for byte */
  lines: string[]
  /** c2sp.org/tlog-proof@v1 */
  proof: string
  /** C2SP verifier key */
  key: string
}

let template: { before: string; after: string } | undefined

/**
 * A self-contained page. Its content security policy allows this very script and style by their hashes and nothing else, no request at all.
 * Recorded text is data in it, never markup: `<` cannot end the element that holds it.
 */
export function replayPage(data: ReplayPageData): string {
  template ??= readTemplate()
  return (
    template.before +
    JSON.stringify(data).replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029') +
    template.after
  )
}

function readTemplate(): { before: string; after: string } {
  const page = readFileSync(new URL('replay.html', import.meta.url), 'utf8')
  const hashOf = (tag: 'style' | 'script') => {
    const start = page.lastIndexOf(`<${tag}>`) + tag.length + 2
    return createHash('sha256')
      .update(page.slice(start, page.indexOf(`</${tag}>`, start)))
      .digest('base64')
  }
  const [before = '', after = ''] = page
    .replace('STYLE_HASH', hashOf('style'))
    .replace('SCRIPT_HASH', hashOf('script'))
    .split('EMBEDDED_DATA')
  return { before, after }
}
