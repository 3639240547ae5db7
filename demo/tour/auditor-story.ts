import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Session } from '../../src-protocol/model.ts'
import type { DemoLayout } from '../supervisor/layout.ts'
import type { Album } from './album.ts'
import type { DesktopDriver } from './desktop-driver.ts'
import { expectFact } from './expect-fact.ts'
import { until } from './until.ts'

interface AuditorStage {
  auditor: DesktopDriver
  album: Album
  session: Session
  root: string
  layout: DemoLayout
  goOffline: () => Promise<void>
}

/** Downloads, goes offline, replays, verifies and exports. */
export async function auditorStory({ auditor, album, session, root, layout, goOffline }: AuditorStage): Promise<void> {
  const { page } = auditor
  await auditor.signIn('auditor')
  await page.getByRole('link', { name: 'Recordings' }).click()
  await page
    .getByRole('row', { name: /customers-db/ })
    .first()
    .waitFor()
  await page.getByRole('checkbox', { name: 'Select all that are shown' }).click({ force: true })
  await page
    .getByRole('button', { name: /Download/ })
    .last()
    .click()
  await until('the recording is downloaded', async () => {
    const { rows } = await auditor.invoke('library:list', {})
    return rows.some((row) => row.session === session.id && row.here)
  })
  await auditor.invoke('library:verify', { session: session.id })
  await album.take(page, 'recordings', 'All recordings, downloaded into the library on this computer')

  await goOffline()
  album.note('Gateway, agent and identity provider are ended: everything from here on is offline.')
  await page.getByText('Offline').first().waitFor()
  await page
    .getByRole('row', { name: /customers-db/ })
    .first()
    .click()
  await page.getByRole('button', { name: /Play/ }).first().waitFor()
  await page.getByText('execute_sql').first().waitFor()
  await page.getByRole('button', { name: /^Masked/ }).click()
  await page.getByText('execute_sql').first().click()
  await page.getByText('pii-named-fields').first().waitFor()
  await page.getByRole('button', { name: 'Show all' }).click()
  await album.take(page, 'replay', 'Replaying the session, offline: masked values name their rule')
  const verification = await auditor.invoke('library:verify', { session: session.id })
  expectFact(verification.verified, 'the recording verifies offline', verification)
  await showProof(auditor)
  await album.take(page, 'proof', 'Every step of the proof, checked without network')
  await auditor.useColorScheme('light')
  await album.take(page, 'proof-light', 'The same in the light')

  const exported = join(album.folder, 'export')
  mkdirSync(exported, { recursive: true })
  await answerNextFolderDialog(auditor, exported)
  const files = await auditor.invoke('library:export', [session.id])
  expectFact(files.length >= 3, 'recording, proof and key are exported', files)
  album.note(`Exported: ${files.map((file) => basename(file)).join(', ')}`)
  verifyOnTheCommandLine({ album, root, files })
  expectFact(readFileSync(join(layout.log, 'checkpoint'), 'utf8').includes('gatehouse.demo/log'), 'the log has a signed checkpoint')
}

async function showProof(auditor: DesktopDriver): Promise<void> {
  await auditor.page
    .getByRole('link', { name: /verified|proof|not checked/i })
    .first()
    .click()
  await auditor.page.getByRole('list', { name: 'Steps of the proof' }).waitFor()
}

/** The folder dialog belongs to the desktop's system; the tour answers it. */
async function answerNextFolderDialog(auditor: DesktopDriver, folder: string): Promise<void> {
  await auditor.app.evaluate(({ dialog }, path) => {
    dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [path] })
  }, folder)
}

function verifyOnTheCommandLine({ album, root, files }: { album: Album; root: string; files: string[] }): void {
  const recording = files.find((file) => file.endsWith('.jsonl'))
  const key = files.find((file) => file.endsWith('.pub'))
  if (!recording || !key) throw new Error(`The export lacks the recording or the key: ${files.join(', ')}`)
  const verify = (file: string) =>
    spawnSync(process.execPath, [join(root, 'src-cli', 'gatehouse.ts'), 'verify', file, '--key', key], { encoding: 'utf8' })
  const good = verify(recording)
  expectFact(good.status === 0, '`gatehouse verify` accepts the recording', good.stdout + good.stderr)
  album.note(`gatehouse verify ${basename(recording)} --key ${basename(key)}: ${good.stdout.trim().split('\n')[0]}`)
}
