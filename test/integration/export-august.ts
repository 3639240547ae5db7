import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { runEvidenceExport, type EvidenceExportOptions } from '../../src-cli/commands/export-evidence.ts'

/** Exports August 2026, as the command line does, from the store in the folder. */
export async function exportAugust(folder: string, key: string, change: Partial<EvidenceExportOptions> = {}) {
  const stdout = new Writable({ write: (_chunk, _encoding, done) => done() })
  return runEvidenceExport({
    log: join(folder, 'log'),
    recordings: join(folder, 'recordings'),
    key,
    from: '2026-08-01T00:00:00.000Z',
    to: '2026-09-01T00:00:00.000Z',
    seed: 'the auditor’s own words',
    sample: 4,
    out: join(folder, 'other.zip'),
    now: new Date('2026-10-02T08:00:00Z'),
    stdout,
    ...change,
  })
}

/** As an auditor would: Node, the verifier, and nothing of this project. */
export function verifyPack(pack: string, ...options: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(pack, 'verify/verify.mjs'), ...options], {
    env: {},
    encoding: 'utf8',
    cwd: tmpdir(),
  })
  return { status, stdout, stderr }
}
