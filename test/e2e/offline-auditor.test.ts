/** An auditor with a pack and nothing else: the network is off, nobody has ever signed in on this computer. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { verifyRecording } from '../../src-core/recording/verify-recording.ts'
import { fixtureSession } from '../../src-core/recording/sealed-recording.fixture.ts'
import { packFiles, secondSession, zipOf } from '../../src-main/services/library/pack/pack.fixture.ts'
import { launchDesktop, type LaunchedDesktop } from './launch.ts'

const patiently = { timeout: 40_000 }
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-auditor-'))
const pack = join(folder, 'evidence.zip')
let desktop: LaunchedDesktop
let page: Page

beforeAll(async () => {
  writeFileSync(pack, zipOf(packFiles({ second: true })))
  const changed = packFiles().map((file) =>
    file.name.endsWith('recording.jsonl') ? { ...file, data: Buffer.from(String(file.data).replace('SELECT 3', 'SELECT 4')) } : file,
  )
  writeFileSync(join(folder, 'changed.zip'), zipOf(changed))
  // opened as a file manager opens it: with the application
  desktop = await launchDesktop({ env: { GATEHOUSE_GATEWAY_URL: 'http://127.0.0.1:9' }, parameters: [join(folder, 'changed.zip')] })
  page = desktop.page
  page.setDefaultTimeout(40_000)
  await page.setViewportSize({ width: 1280, height: 800 })
  if (desktop.runtime === 'host')
    await desktop.app.evaluate(() => void Object.assign(Reflect.get(globalThis, '__gatehouseHost') as object, { offline: true }))
})
afterAll(async () => {
  await desktop.close()
  rmSync(folder, { recursive: true, force: true })
})

/** What the next file or folder dialog is answered with. */
const choose = (path: string) =>
  desktop.app.evaluate(({ dialog }, chosen) => {
    Reflect.set(dialog, 'showOpenDialog', async () => ({ canceled: false, filePaths: [chosen] }))
  }, path)

test('a pack that was changed is not opened, and one that was not is', async () => {
  await page.getByText('No recordings on this computer yet').waitFor()
  await page.getByText('changed.zip was not opened.').waitFor()
  await choose(pack)
  await page.getByRole('button', { name: 'Open a file' }).first().click()
  await page.getByText('2 recordings from evidence.zip opened and verified.').waitFor()
  expect(await page.getByText('This computer does not know that key').count()).toBe(1)
})

test('what is dropped is opened, rubbish is told beside it, and a file that a page made up opens nothing', async () => {
  writeFileSync(join(folder, 'photo.png'), 'no pack')
  const chosen = await page.evaluateHandle(() => {
    const input = document.createElement('input')
    input.type = 'file'
    input.multiple = true
    input.ariaLabel = 'Stands for the file manager'
    document.body.append(input)
    return input
  })
  await chosen.setInputFiles([join(folder, 'photo.png'), pack])
  const drag = (names: string[], made?: string) =>
    page.evaluate(
      ([input, events, text]) => {
        const transfer = new DataTransfer()
        const files = text === undefined ? (input.files ?? []) : [new File([text], 'made-up.zip')]
        for (const file of files) transfer.items.add(file)
        for (const name of events)
          document.body.dispatchEvent(new DragEvent(name, { dataTransfer: transfer, bubbles: true, cancelable: true }))
      },
      [chosen, names, made] as const,
    )
  await drag(['dragenter', 'dragover'])
  await page.getByText('Drop to open').waitFor()
  await drag(['drop'])
  await page.getByText('2 recordings from evidence.zip opened and verified.').waitFor()
  await page.getByText('photo.png is no recording, evidence pack or proof').waitFor()
  expect(await page.getByText('Drop to open').count()).toBe(0)
  await drag(['dragenter', 'drop'], 'PK')
  await page.getByText('none of it is a file on this computer').waitFor()
  await chosen.evaluate((input) => input.remove())
})

test('a link to a moment of a recording opens it there; one to a recording that is not here gives nothing', async () => {
  const follow = (link: string) =>
    desktop.app.evaluate(
      ({ app }, text) => void app.emit('second-instance', { preventDefault: () => undefined }, ['gatehouse', text], '/'),
      link,
    )
  await follow(`gatehouse://recordings/${fixtureSession}/3`)
  await expect.poll(() => page.getByRole('option', { selected: true }).textContent(), patiently).toMatch(/^3/)
  await page.getByRole('button', { name: 'Copy link to this moment' }).click()
  await page.getByRole('button', { name: 'Link copied' }).waitFor()
  await follow('gatehouse://recordings/ses_abcdefgh12345678/3')
  await page.getByText('This recording is not on this computer').waitFor()
  await page.evaluate(() => (location.hash = '#/recordings'))
})

test('it is searched, and a hit opens its moment in the replay', async () => {
  await page.getByRole('button', { name: 'Messages' }).click()
  await page.getByRole('searchbox').fill('"SELECT 5 FROM"')
  await page.getByRole('option').first().click()
  await expect.poll(() => page.getByRole('option', { selected: true }).textContent(), patiently).toMatch(/^5/)
  // markup of a stranger is text
  expect(await page.locator('img').count()).toBe(0)
  await page.getByText('Proof verified').waitFor()
})

test('it is compared, verified and exported, and the export verifies by itself', async () => {
  await page.evaluate(([one, other]) => (location.hash = `#/compare/${one}/${other}`), [fixtureSession, secondSession])
  await page.getByRole('region', { name: 'Calls of both sessions' }).waitFor()
  await expect.poll(() => page.getByRole('button', { name: /^Same/ }).textContent(), patiently).toMatch(/[1-9]/)
  await page.evaluate((one) => (location.hash = `#/recordings/${one}/proof`), fixtureSession)
  await page.getByRole('heading', { name: 'Verified', exact: true }).waitFor()
  const target = join(folder, 'export')
  await choose(target)
  await page.getByRole('button', { name: 'Export proof' }).click()
  await expect.poll(() => existsSync(target) && readdirSync(target).length, patiently).toBe(3)
  const recording = readFileSync(join(target, `${fixtureSession}.jsonl`))
  const proof = readFileSync(join(target, `${fixtureSession}.tlog-proof`), 'utf8')
  const key = readdirSync(target).find((name) => name.endsWith('.pub')) ?? ''
  expect(verifyRecording({ recording, proof, key: readFileSync(join(target, key), 'utf8').trim() })).toMatchObject({ verified: true })
})

test('the window never asked anybody, and nobody is signed in', async () => {
  const reply = await page.evaluate(() => window.gatehouse.invoke('state:get'))
  expect(reply).toMatchObject({ ok: true, value: { signIn: { state: 'signed-out' }, gateway: { reachable: false } } })
})
