/** Writes numbers and pictures into docs/: the page holds the words, and marked places for what is measured. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { root } from './arm-process.ts'

const page = join(root, 'docs', 'performance.md')
const pictures = join(root, 'docs', 'performance')

/** @param blocks lines for each place `<!-- name -->` … `<!-- /name -->` of docs/performance.md */
export async function publish(blocks: Readonly<Record<string, readonly string[]>>, files: Readonly<Record<string, string>>): Promise<void> {
  mkdirSync(pictures, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(pictures, name), text)
  let text = readFileSync(page, 'utf8')
  for (const [name, lines] of Object.entries(blocks)) text = replaceBlock(text, name, lines)
  writeFileSync(page, await format(text, { ...(await resolveConfig(page)), filepath: page }))
}

function replaceBlock(text: string, name: string, lines: readonly string[]): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no place for ${name}`)
  return `${text.slice(0, from + begin.length)}\n\n${lines.join('\n')}\n\n${text.slice(to)}`
}
