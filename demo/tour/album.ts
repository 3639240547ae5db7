import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'

/** The tour's pictures, numbered in the order of the story, and its summary. */
export interface Album {
  readonly folder: string
  take(page: Page, name: string, caption: string): Promise<void>
  note(text: string): void
  write(): void
}

export function createAlbum(folder: string, say: (text: string) => void): Album {
  mkdirSync(folder, { recursive: true })
  const lines: string[] = ['# The tour', '']
  let count = 0
  return {
    folder,
    async take(page, name, caption) {
      count += 1
      const file = `${String(count).padStart(2, '0')}-${name}.png`
      await settle(page)
      await page.screenshot({ path: join(folder, file), animations: 'disabled' })
      lines.push(`## ${count}. ${caption}`, '', `![${caption}](${file})`, '')
      say(`  ${file}  ${caption}`)
    },
    note(text) {
      lines.push(text, '')
      say(`  · ${text}`)
    },
    write() {
      writeFileSync(join(folder, 'summary.md'), `${lines.join('\n')}\n`)
    },
  }
}

/** Fonts are there and nothing is loading any more: a picture shows what a person would have waited for. */
async function settle(page: Page): Promise<void> {
  await page.evaluate(() => document.fonts.ready.then(() => true))
  await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null, undefined, { timeout: 10_000 })
  await page.mouse.move(0, 0)
}
