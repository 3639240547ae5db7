import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Session } from '../../src-protocol/model.ts'
import { connectAiClient, type AiClient } from './ai-client.ts'
import type { Album } from './album.ts'
import type { DesktopDriver } from './desktop-driver.ts'
import { expectFact } from './expect-fact.ts'

export const heldSql = 'SELECT count(*) FROM customers; CREATE TABLE vip AS SELECT * FROM customers'

export interface HeldCall {
  session: Session
  client: AiClient
  answer: Promise<{ text: string; isError: boolean }>
  /** what must not be found anywhere afterwards */
  secrets: string[]
}

interface Stage {
  operator: DesktopDriver
  album: Album
}

/** Signs in, starts a session, points an AI client at it; the last call waits for a reviewer. */
async function untilHeld({ operator, album }: Stage): Promise<HeldCall> {
  const { page } = operator
  await page
    .getByRole('main')
    .getByRole('button', { name: /^sign in/i })
    .waitFor()
  await album.take(page, 'sign-in', 'The desktop before anybody has signed in')
  await operator.signIn('operator', (login) => album.take(login, 'login', 'The identity provider asks in the system browser'))

  await page.getByRole('link', { name: 'Connections' }).click()
  await page.getByRole('row', { name: /customers-db/ }).waitFor()
  await album.take(page, 'connections', 'What the operator may use')

  await page
    .getByRole('row', { name: /customers-db/ })
    .getByRole('button', { name: /start/i })
    .click()
  await page.getByLabel('Reason').fill('INC-4127: find out why refunds of 20 November are stuck')
  await album.take(page, 'start-session', 'A session needs a reason and has an end')
  await page.getByRole('dialog').getByRole('button', { name: 'Start session' }).click()
  await page.getByLabel('Endpoint, on this computer only').waitFor()
  await album.take(page, 'session-start', 'The session, with the configuration for the AI client')

  const session = (await operator.invoke('sessions:list')).find(
    ({ state, connection }) => state === 'live' && connection === 'customers-db',
  )
  if (!session) throw new Error('The session that was started is not in the list.')
  const setup = await operator.invoke('sessions:client-setup', session.id)
  const client = await connectAiClient(setup)
  expectFact((await client.tools()).includes('execute_sql'), 'the AI client lists the tools of the database server')
  const tables = await client.call('search_objects', { object_type: 'table' })
  expectFact(tables.text.includes('customers'), 'the AI client lists the tables', tables)
  const customers = await client.call('execute_sql', { sql: 'SELECT id, full_name, email, ssn, city FROM customers ORDER BY id LIMIT 5' })
  expectFact(customers.text.includes('[MASKED:email]') && !/@\w+\.example/.test(customers.text), 'customers come back masked', customers)
  await client.call('execute_sql', {
    sql: "SELECT p.id, p.amount_cents, p.state, p.note, c.card_number FROM payments p JOIN cards c USING (customer_id) WHERE p.state = 'stuck' AND p.note IS NOT NULL LIMIT 8",
  })
  await client.call('execute_sql', { sql: 'SELECT state, count(*) AS payments FROM payments GROUP BY state' })

  const answer = client.call('execute_sql', { sql: heldSql })
  // it is awaited after the approval; a failure before that must not end the tour without its message
  answer.catch(() => {})
  await page.getByRole('region', { name: 'Waiting calls' }).getByRole('button', { name: 'Withdraw' }).waitFor()
  // who is asked and how long is left come after the call itself
  await page.getByText('to decide').waitFor()
  await album.take(page, 'held-call', 'A statement hidden behind a SELECT creates a table: the call waits for a reviewer')
  await operator.useColorScheme('dark')
  await album.take(page, 'held-call-dark', 'The same in the dark')
  await operator.useColorScheme('light')
  return { session, client, answer, secrets: [setup.bearer] }
}

/** The approved call runs, a denied one does not, and the session ends. */
async function afterApproval({ operator, album, held, scratch }: Stage & { held: HeldCall; scratch: string }): Promise<Session> {
  const { page } = operator
  const { client, session } = held
  const approved = await held.answer
  expectFact(!approved.isError, 'the approved call ran', approved)
  const found = await client.call('search_objects', { object_type: 'table', pattern: 'vip' })
  expectFact(found.text.includes('vip'), 'the table is there after the approval', found)
  await page.getByRole('cell', { name: /vip/ }).first().waitFor()
  await album.take(page, 'session-after-approval', 'The call went on; every call has its verdict and its reason')

  await readSecrets({ operator, album, scratch })

  await page.getByRole('link', { name: 'Sessions' }).first().click()
  await page
    .getByRole('row', { name: /customers-db/ })
    .first()
    .click()
  await page.getByRole('button', { name: 'End session' }).click()
  await page.getByRole('dialog').getByRole('button', { name: /end/i }).click()
  await page.getByText(/ended/i).first().waitFor()
  await album.take(page, 'session-ended', 'The session has ended; its endpoint is closed')
  const late = await client.tools().then(
    () => false,
    () => true,
  )
  expectFact(late, 'the endpoint of an ended session refuses calls')
  await client.close().catch(() => {})
  return session
}

/** A second session, on the files: the folder with secrets is denied, and nothing was read. */
async function readSecrets({ operator, album, scratch }: Stage & { scratch: string }): Promise<void> {
  const { page } = operator
  const files = await operator.invoke('sessions:open', {
    connection: 'scratch-files',
    reason: 'INC-4127: notes of the support team',
    minutes: 30,
  })
  const client = await connectAiClient(await operator.invoke('sessions:client-setup', files.id))
  const notes = await client.call('read_text_file', { path: join(scratch, 'notes', 'refunds.md') })
  expectFact(notes.text.includes('14 refunds'), 'a note can be read', notes)
  expectFact(existsSync(join(scratch, 'secrets', 'payment-provider.txt')), 'there is a secret to read')
  const denied = await client.call('read_text_file', { path: join(scratch, 'secrets', 'payment-provider.txt') })
  expectFact(denied.isError && !denied.text.includes('demo-only-not-a-key'), 'the secret is not read', denied)
  await page.getByRole('link', { name: 'Sessions' }).first().click()
  await page
    .getByRole('row', { name: /scratch-files/ })
    .first()
    .click()
  await page.getByText('Denied').first().waitFor()
  await album.take(page, 'denied-call', 'A denied call says which rule refused it, and why')
  await client.close()
  await operator.invoke('sessions:end', files.id)
}

export const operatorStory = { untilHeld, afterApproval }
