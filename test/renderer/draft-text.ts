import type { Page } from 'playwright-core'

/** The editor of a draft shows only what is near its cursor, so that its text is read line by line: all of them fit into a tall window. */
export async function draftText(page: Page, name: string): Promise<string> {
  const size = page.viewportSize()
  await page.setViewportSize({ width: size?.width ?? 1280, height: 20_000 })
  const lines = page.getByRole('textbox', { name }).locator('.cm-line')
  await lines.first().waitFor()
  const text = (await lines.allTextContents()).join('\n')
  if (size) await page.setViewportSize(size)
  return text
}

/** Writes a draft anew, as somebody who pastes it would. */
export async function changeDraft(page: Page, name: string, change: (text: string) => string): Promise<void> {
  const text = await draftText(page, name)
  await page.getByRole('textbox', { name }).fill(change(text))
}
