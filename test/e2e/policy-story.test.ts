/** An administrator at the application: an agent and its connection, a rule that holds schema changes, its simulation, a second administrator, and a new masked field. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startProcess, type ManagedProcess } from '../../demo/supervisor/managed-process.ts'
import { startServices, type DemoServices } from '../../demo/supervisor/services.ts'
import { connectAiClient, type AiClient } from '../../demo/tour/ai-client.ts'
import { openDesktopDriver, type DesktopDriver } from '../../demo/tour/desktop-driver.ts'
import { until } from '../../demo/tour/until.ts'
import type { Session } from '../../src-protocol/model.ts'
import { writeRecordedWeek, type RecordedWeek } from './recorded-week.ts'

const root = resolve(import.meta.dirname, '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-policy-story-'))
/** pictures of each step, where somebody wants to look at them */
const pictures = process.env['GATEHOUSE_STORY_PICTURES']
const patiently = { timeout: 60_000 }

const openPolicy = `version: 1
name: Customer work
rules:
  - id: customers-work
    match: { connections: [customers-db] }
    effect: allow
    because: Work with customers is open to every operator.
`
const heldSchemaChanges = `${openPolicy}
  - id: schema-changes
    owner: dba
    match: { connections: [customers-db], tools: [execute_sql] }
    when: sql(args.sql).kinds.exists(k, k in ["ddl", "grant"])
    effect: review
    review: { groups: [dba], decideWithin: 15m }
    because: Schema changes need a DBA.

examples:
  - { name: reading, connection: customers-db, tool: execute_sql, args: { sql: SELECT 1 }, expect: allow }
  - { name: a new table, connection: customers-db, tool: execute_sql, args: { sql: CREATE TABLE t (id int) }, expect: review, rule: schema-changes }
`
const openMasking = `version: 1
name: Cards
rules:
  - id: payment-data
    detect: [card]
    because: Card numbers never leave the gateway.
`
const maskedCity = `${openMasking}  - id: where-people-live
    fields: [city]
    because: Nobody needs to know where customers live.
`
const schemaChange = 'CREATE TABLE vip AS SELECT id FROM customers'
const readCity = 'SELECT id, city FROM customers WHERE id = 7'

let services: DemoServices
let week: RecordedWeek
let operator: DesktopDriver
let author: DesktopDriver
let second: DesktopDriver
let session: Session
let client: AiClient
let otherAgent: ManagedProcess | undefined

const picture = async ({ page, name }: DesktopDriver, what: string): Promise<void> => {
  if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${what}-${name}.png`), animations: 'disabled' })
}
const open = async (name: string, account: string): Promise<DesktopDriver> => {
  const desktop = await openDesktopDriver({
    root,
    name,
    userData: services.layout.profile(name),
    gatewayUrl: services.gatewayUrl,
    colorScheme: 'light',
    env: { DBUS_SESSION_BUS_ADDRESS: '' },
  })
  desktop.page.setDefaultTimeout(60_000)
  await desktop.signIn(account)
  return desktop
}
const write = async (page: Page, file: string, text: string): Promise<void> => {
  await page.getByRole('button', { name: 'Edit a draft' }).click()
  await page.getByRole('textbox', { name: `${file}, draft` }).fill(text)
}
const propose = async (page: Page, message: string): Promise<void> => {
  const button = page.getByRole('button', { name: 'Propose', exact: true })
  await expect.poll(() => button.getAttribute('aria-disabled'), patiently).not.toBe('true')
  await button.click()
  await page.getByRole('textbox', { name: 'What changed and why' }).fill(message)
  await page.getByRole('dialog').getByRole('button', { name: 'Propose' }).click()
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
}
const agree = async (desktop: DesktopDriver, link: string, title: string): Promise<void> => {
  const { page } = desktop
  await page.getByRole('link', { name: link }).first().click()
  await page.getByRole('region', { name: 'Proposals' }).getByRole('button', { name: 'Priya Raman' }).first().click()
  await page.getByRole('button', { name: 'Activate', exact: true }).waitFor()
  await picture(desktop, title)
  await page.getByRole('button', { name: 'Activate', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Activate' }).click()
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
}

beforeAll(async () => {
  const [policy, masking] = [join(folder, 'policy.yaml'), join(folder, 'masking.yaml')]
  writeFileSync(policy, openPolicy)
  writeFileSync(masking, openMasking)
  services = await startServices({
    root,
    data: join(folder, 'data'),
    reset: true,
    anyPorts: true,
    policy,
    masking,
    activation: { approvals: 2 },
    progress: () => {},
  })
  week = writeRecordedWeek(services.layout, 1000)
  operator = await open('operator', 'operator')
  session = await operator.invoke('sessions:open', { connection: 'customers-db', reason: 'INC-4200: refunds are stuck', minutes: 30 })
  client = await connectAiClient(await operator.invoke('sessions:client-setup', session.id))
  author = await open('administrator', 'admin')
  second = await open('second', 'admin2')
}, 300_000)

afterAll(async () => {
  await client?.close().catch(() => {})
  for (const desktop of [operator, author, second]) await desktop?.close().catch(() => {})
  await otherAgent?.stop()
  await services?.stop()
  rmSync(folder, { recursive: true, force: true })
})

test('before it, a schema change runs and a city is seen', async () => {
  expect(await client.call('execute_sql', { sql: schemaChange })).toMatchObject({ isError: false })
  expect(await client.call('execute_sql', { sql: 'DROP TABLE vip' })).toMatchObject({ isError: false })
  expect((await client.call('execute_sql', { sql: readCity })).text).not.toContain('[MASKED')
})

test('the author writes a rule, is helped by the editor, and sees what it would have held last week', async () => {
  const { page } = author
  await page.getByRole('link', { name: 'Policies' }).first().click()
  await write(page, 'policy.yaml', heldSchemaChanges.replace('effect: review', 'effect: hold'))
  await page.getByText('Invalid option').first().waitFor()
  await picture(author, '1-problem-at-its-line')
  await page.getByRole('textbox', { name: 'policy.yaml, draft' }).fill(heldSchemaChanges)
  await page.getByText('No problem found').waitFor()
  await page.getByText('2 examples hold').waitFor()

  await page.getByRole('combobox', { name: 'Period' }).click()
  await page.getByRole('option', { name: 'Of the last 7 days' }).click()
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByText(/^Finished/).waitFor({ timeout: 110_000 })
  await page.getByText('1,000 messages change').waitFor()
  await picture(author, '2-simulation')
  expect(week).toMatchObject({ sessions: 1000, calls: 10_000, schemaChanges: 1000 })
  const simulation = page.getByRole('region', { name: 'Simulation' })
  expect(await simulation.innerText()).toContain('9,000')
})

test('one administrator only proposes: nothing changes yet', async () => {
  await propose(author.page, 'Schema changes need a DBA.')
  await picture(author, '3-proposed')
  expect(await client.call('execute_sql', { sql: schemaChange })).toMatchObject({ isError: false })
  expect(await client.call('execute_sql', { sql: 'DROP TABLE vip' })).toMatchObject({ isError: false })
})

test('the second one agrees, and the operator’s next call is held in the running session', async () => {
  await agree(second, 'Policies', '4-second-administrator')
  const answer = client.call('execute_sql', { sql: schemaChange })
  await until('the call is held', async () => (await operator.invoke('approvals:list')).length > 0)
  const { page } = operator
  await page.getByRole('link', { name: 'Sessions' }).first().click()
  await page
    .getByRole('row', { name: /customers-db/ })
    .first()
    .click()
  await page.getByText('schema-changes').first().waitFor()
  await picture(operator, '5-held')
  const [approval] = await operator.invoke('approvals:list')
  if (!approval) throw new Error('no call is held')
  expect(approval).toMatchObject({ rule: 'schema-changes', state: 'pending' })
  await operator.invoke('approvals:withdraw', approval.id)
  expect(await answer).toMatchObject({ isError: true })
})

test('the author masks a new field and tries it on a response of their own computer', async () => {
  const { page } = author
  await page.getByRole('link', { name: 'Masking' }).first().click()
  await write(page, 'masking.yaml', maskedCity)
  const response = JSON.stringify({ rows: [{ id: 7, city: 'Bern', card: '4111 1111 1111 1111' }] })
  await page.getByRole('textbox', { name: 'Response before masking' }).fill(response)
  await page.getByText('2 values are masked').waitFor()
  expect(await page.getByRole('list', { name: 'Masks' }).innerText()).toMatch(/where-people-live\s+city\s+\/rows\/\*\/city/)
  await picture(author, '6-tried')
  await page.getByText('In force', { exact: true }).first().click()
  await page.getByText('1 value is masked').waitFor()
  await propose(page, 'Where people live is nobody’s business.')
})

test('once the second one agrees it is masked in the session that runs', async () => {
  await agree(second, 'Masking', '7-second-administrator')
  const { text } = await client.call('execute_sql', { sql: readCity })
  expect(text).toContain('[MASKED:city]')
  const { page } = operator
  await page.getByText('where-people-live').first().waitFor()
  await picture(operator, '8-masked')
})

test('the author enrols an agent with the token that is shown once, and registers as a connection what it declares', async () => {
  const { page } = author
  await page.getByRole('link', { name: 'Agents' }).first().click()
  await page.getByRole('button', { name: 'Enrol an agent' }).click()
  await page.getByRole('dialog').getByLabel('Name').fill('dc1-agent-1')
  await page.getByRole('button', { name: 'Create join token' }).click()
  const command = (await page.getByLabel('The command').textContent()) ?? ''
  await picture(author, '9-join-token')
  otherAgent = await startAgent(/GATEHOUSE_JOIN_TOKEN=(\S+) /.exec(command)?.[1] ?? '')
  await page.getByRole('button', { name: 'Done' }).click()
  await page.getByRole('row', { name: /dc1-agent-1.*Online/ }).waitFor()
  await picture(author, '10-enrolled')

  await page.getByRole('link', { name: 'Connections' }).first().click()
  await page.getByRole('button', { name: 'Register a connection' }).click()
  await page.getByPlaceholder('Choose a server').click()
  await page.getByRole('option', { name: /^words/ }).click()
  await picture(author, '11-registering')
  await page.getByRole('dialog').getByRole('button', { name: 'Register' }).click()
  await page.getByRole('row', { name: /words/ }).waitFor()
  await picture(author, '12-registered')
  const opened = await operator.invoke('sessions:open', { connection: 'words', reason: 'a first look', minutes: 5 })
  expect(opened).toMatchObject({ connection: 'words', state: 'live' })
})

/** On another machine it would be the same file and the same command. */
async function startAgent(joinToken: string): Promise<ManagedProcess> {
  const file = join(folder, 'other-agent.yaml')
  const server = { name: 'words', title: 'Words', command: [process.execPath, join(root, 'test/bench/echo-server.ts')] }
  const config = {
    gateway: services.gatewayUrl,
    data: join(folder, 'other-agent'),
    joinToken: 'env:GATEHOUSE_JOIN_TOKEN',
    servers: [server],
  }
  writeFileSync(file, JSON.stringify(config))
  return startProcess({
    name: 'other-agent',
    command: process.execPath,
    args: [join(root, 'src-cli/gatehouse.ts'), 'agent', '--config', file],
    env: { PATH: process.env['PATH'], HOME: folder, GATEHOUSE_JOIN_TOKEN: joinToken },
    cwd: folder,
    logFile: join(folder, 'other-agent.log'),
  })
}
