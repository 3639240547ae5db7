import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { formatVerifierKey, verifierKeyOf } from '../../src-core/log/signed-note.ts'
import {
  fixtureOrigin,
  fixtureVerifierKey,
  messageRecordFixture,
  openRecordFixture,
  closeRecordFixture,
  proofFixture,
  recordingText,
} from '../../src-core/recording/sealed-recording.fixture.ts'
import { replayPage } from '../../src-node/evidence/replay-page.ts'
import type { SessionRecord } from '../../src-protocol/recording.ts'
import { findChromium } from '../electron-host/chromium.ts'

/** The page of an evidence pack, opened from disk in a browser engine; nothing of the desktop is part of it. */
let folder: string
let browser: Browser
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'replay-page-'))
  browser = await chromium.launch(await findChromium({ headless: true }))
})
afterAll(async () => {
  await browser?.close()
  await rm(folder, { recursive: true, force: true })
})

const hostile = '</script><script>document.title="run"</script><img src="https://evil.example/x" onerror="document.title=1">\u202e\u0007'
const decision = { effect: 'deny' as const, rule: 'no-schema', policyVersion: 'p'.repeat(64), because: 'Schema changes need a DBA.' }
const records: SessionRecord[] = [
  openRecordFixture({ reason: hostile }),
  messageRecordFixture(1),
  messageRecordFixture(2, {
    masks: [{ rule: 'pii', kind: 'email', path: '/result/content/*/text', count: 2 }],
    body: '{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"{\\"mail\\":\\"[MASKED:email]\\"}"}]}}',
  }),
  messageRecordFixture(3, {
    kind: 'request',
    exchange: 2,
    decision,
    body: JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'execute_sql', arguments: { sql: hostile } } }),
  }),
  messageRecordFixture(4, { kind: 'response', exchange: 2 }),
  closeRecordFixture(5),
]

async function open(
  lines: string[],
  proof: string,
  key = fixtureVerifierKey,
): Promise<{ page: Page; requests: string[]; errors: string[] }> {
  const file = join(folder, 'replay.html')
  await writeFile(file, replayPage({ lines, proof, key }))
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  const requests: string[] = []
  const errors: string[] = []
  page.on('request', (request) => requests.push(request.url()))
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  await page.goto(pathToFileURL(file).href)
  await expect.poll(() => page.locator('#proof strong').count(), { timeout: 20_000 }).toBe(1)
  return { page, requests, errors }
}

const text = recordingText(records)
const lines = text.trimEnd().split('\n')

test('it shows the session and computes its proof, and asks nobody for anything', async () => {
  const { page, requests, errors } = await open(lines, proofFixture(text))
  expect(await page.locator('#proof').textContent()).toMatch(/^Verified here/)
  expect(await page.locator('#list li').count()).toBe(6)
  expect(await page.title()).toMatch(/^Session of Mira Okafor/)
  expect(await page.locator('#list li').nth(1).textContent()).toContain('execute_sql tools/call')
  expect(await page.locator('#facts').textContent()).toContain('⟨U+202E⟩⟨U+0007⟩')
  // by keyboard: down to the refused call, its decision beside it
  await page.locator('#list').focus()
  for (let step = 0; step < 3; step += 1) await page.keyboard.press('ArrowDown')
  expect(await page.locator('#detail').textContent()).toContain('deny by no-schema. Schema changes need a DBA.')
  // search, and a filter
  await page.keyboard.press('/')
  await page.keyboard.type('[MASKED:email]')
  expect(await page.locator('#list li').count()).toBe(1)
  expect(await page.locator('#detail .token').first().textContent()).toBe('[MASKED:email]')
  await page.locator('#search').fill('')
  await page.locator('#kind').selectOption('denied')
  expect(await page.locator('#count').textContent()).toBe('1 of 6 records')
  expect(errors).toEqual([])
  expect(requests.filter((url) => !url.startsWith('file:'))).toEqual([])
  await page.close()
})

test('a key with a plus sign among its letters is a key', async () => {
  const { privateKey, key } = keyWithPlus()
  const { page } = await open(lines, proofFixture(text, { privateKey }), key)
  expect(await page.locator('#proof').textContent()).toMatch(/^Verified here/)
  await page.close()
})

/** Half of all keys are such. */
function keyWithPlus(): { privateKey: KeyObject; key: string } {
  for (;;) {
    const { privateKey } = generateKeyPairSync('ed25519')
    const key = formatVerifierKey(verifierKeyOf(fixtureOrigin, privateKey))
    if (key.split('+').length > 3) return { privateKey, key }
  }
}

test('a record that was changed, or a proof of another session, is told', async () => {
  const changed = await open(lines.with(1, lines[1]!.replace('SELECT', 'SELECT ')), proofFixture(text))
  expect(await changed.page.locator('#proof').textContent()).toMatch(/^Not verified.*not those whose root is in the log/)
  await changed.page.close()
  const other = await open(lines, proofFixture(recordingText(records.slice(0, 4))))
  expect(await other.page.locator('#proof').textContent()).toMatch(/^Not verified/)
  await other.page.close()
})

test.for(['light', 'dark'] as const)('it has no fault that axe knows, in %s', async (colorScheme) => {
  const { page } = await open(lines, proofFixture(text))
  await page.emulateMedia({ colorScheme })
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([])
  if (process.env['GATEHOUSE_PICTURES'] !== undefined)
    await page.screenshot({ path: join(process.env['GATEHOUSE_PICTURES'], `replay-page-${colorScheme}.png`) })
  await page.close()
})
