/** The replay of a long session in the application's own window: P7. On the host, which draws with the Chromium of the tests. */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { buildIfStale } from '../../demo/supervisor/build-if-stale.ts'
import { launchDesktop } from '../e2e/launch.ts'
import type { SessionId } from '../../src-protocol/ids.ts'
import { root } from './arm-process.ts'
import type { Figure, Figures } from './bars.ts'
import { fillLibrary } from './library.ts'
import { sessionOfTexts } from './library-texts.ts'
import { sessionIdOf } from './state-rows.ts'
import { median, quantile } from './statistics.ts'

const rounds = 5
const records = 100_000

export async function measureReplay(folder: string): Promise<Figures> {
  buildIfStale(root, (step) => process.stderr.write(`${step}\n`))
  const userData = join(folder, 'desktop')
  mkdirSync(userData, { recursive: true })
  const session = sessionIdOf(7) as SessionId
  fillLibrary(join(userData, 'library.sqlite'), [sessionOfTexts({ session, counter: 7, records, startedAt: Date.UTC(2026, 10, 20, 8) })])
  const desktop = await launchDesktop({ userData, env: { GATEHOUSE_GATEWAY_URL: 'http://127.0.0.1:9' } })
  try {
    const { page } = desktop
    await page.setViewportSize({ width: 1280, height: 800 })
    const paint: number[] = []
    const chips: number[] = []
    const text: number[] = []
    const frames: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      await openList(page, session)
      paint.push(await paintAfterClick(page, session))
      await page.getByText(/message 0 of/).waitFor()
      // the proof is computed once when a recording is opened, beside the window: it is part of the first paint, not of what comes later
      await page.getByText('Verified', { exact: false }).first().waitFor()
      chips.push(await afterChip(page))
      text.push(await afterText(page, round % 2 === 0 ? 'refunds' : 'order 7090'))
      frames.push(...(await scrolledFrames(page)))
    }
    return {
      'p7-paint': figure(paint),
      'p7-filter': figure(chips),
      'p7-search': figure(text),
      'p7-scroll': { value: quantile(frames, 0.95), each: [median(frames), Math.max(...frames)] },
    }
  } finally {
    await desktop.close()
    rmSync(userData, { recursive: true, force: true })
  }
}

const figure = (each: number[]): Figure => ({ value: median(each), each })

/** A window that has just been opened, on the list of recordings: nothing of an earlier round is in its memory. */
async function openList(page: Page, session: SessionId): Promise<void> {
  await page.evaluate(() => {
    location.hash = '#/recordings'
    location.reload()
  })
  await page.locator(`a[href$="/recordings/${session}"]`).first().waitFor()
  // what the start of a window costs is not what a click costs
  await page.waitForTimeout(1500)
}

/** ms from the click until the plot and the rows with their texts have been painted */
const paintAfterClick = (page: Page, session: SessionId): Promise<number> =>
  page.evaluate(async (id) => {
    const link = document.querySelector<HTMLAnchorElement>(`a[href$="/recordings/${id}"]`)
    const started = performance.now()
    link?.click()
    return new Promise<number>((resolve) => {
      const look = (): void => {
        const row = document.querySelector('[role=listbox] [role=option]:nth-child(2)')
        const drawn = row?.textContent.includes('SELECT') && document.querySelector('svg[role=img] rect')
        // the frame with it has been handed over when the one after it begins
        if (drawn) requestAnimationFrame(() => resolve(performance.now() - started))
        else requestAnimationFrame(look)
      }
      look()
    })
  }, session)

/** ms from a click on a verdict until the list shows the rows that are left */
const afterChip = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    const chip = [...document.querySelectorAll<HTMLButtonElement>('[role=search] button')].find((button) =>
      button.textContent.startsWith('Denied'),
    )
    const size = () => document.querySelector('[role=option]')?.getAttribute('aria-setsize')
    const before = size()
    const started = performance.now()
    chip?.click()
    const took = await new Promise<number>((resolve) => {
      const look = (): void => {
        if (size() === before) requestAnimationFrame(look)
        else requestAnimationFrame(() => resolve(performance.now() - started))
      }
      look()
    })
    chip?.click()
    return took
  })

/** ms from the words being there until the list shows the records in which they are */
async function afterText(page: Page, words: string): Promise<number> {
  const search = page.getByRole('searchbox')
  await search.click()
  await page.waitForTimeout(300)
  const took = await page.evaluate(async (typed) => {
    const size = () => document.querySelector('[role=option]')?.getAttribute('aria-setsize')
    const before = size()
    const started = performance.now()
    // as if pasted: one change of the field
    document.execCommand('insertText', false, typed)
    return new Promise<number>((resolve) => {
      const look = (): void => {
        if (size() === before) requestAnimationFrame(look)
        else requestAnimationFrame(() => resolve(performance.now() - started))
      }
      look()
    })
  }, words)
  await search.fill('')
  await page.waitForTimeout(400)
  return took
}

/** ms from frame to frame, 200 times, while the list is scrolled by most of a screen in each of them, and in leaps in between; a dropped frame is twice as long */
const scrolledFrames = (page: Page): Promise<number[]> =>
  page.evaluate(async () => {
    const list = document.querySelector('[role=listbox]')
    const frames: number[] = []
    if (!list) return frames
    for (let frame = 0; frame < 200; frame += 1) {
      await new Promise(requestAnimationFrame)
      const started = performance.now()
      list.scrollTop += frame % 25 === 24 ? 200_000 : 300
      list.dispatchEvent(new Event('scroll'))
      // what was changed is laid out within the same frame
      await new Promise((resolve) => queueMicrotask(() => resolve(list.getBoundingClientRect())))
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
      frames.push(performance.now() - started)
    }
    return frames
  })
