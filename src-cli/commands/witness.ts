import { generateKeyPairSync, createPrivateKey, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { parseVerifierKey, type VerifierKey } from '../../src-core/log/signed-note.ts'
import { systemClock } from '../../src-node/clock.ts'
import { readConfigFile } from '../../src-node/config-file.ts'
import { replaceFile, syncFolder } from '../../src-node/durable-file.ts'
import { readIfThere } from '../../src-node/log-files.ts'
import { createLogger, type Logger } from '../../src-node/logger.ts'
import { createWitness } from '../../src-node/witness/witness.ts'
import { createWitnessServer } from '../../src-node/witness/witness-server.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import { witnessConfig } from '../../src-protocol/witness-config.ts'

export interface RunningWitness {
  url: string
  verifierKey: string
  close(): Promise<void>
}

/** Starts a witness from its configuration. @throws AppError CONFIG_UNREADABLE, CONFIG_INVALID, PORT_TAKEN */
export async function startWitness(config: string, log: Logger): Promise<RunningWitness> {
  const file = resolve(config)
  const { listen, name, data, logs } = readConfigFile(file, witnessConfig)
  const folder = resolve(dirname(file), data)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const witness = createWitness({
    folder,
    name,
    privateKey: await openWitnessKey(folder),
    logs: logs.map((text) => keyOf(text, file)),
    clock: systemClock,
    onMisbehaviour: (origin, problem, kept) => log.error({ origin, problem, kept }, 'a log was refused: it showed two histories'),
  })
  const server = createWitnessServer(witness, log)
  server.listen(listen.port, listen.host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EADDRINUSE') throw new AppError('PORT_TAKEN', { port: listen.port }, { cause })
    throw cause
  }
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${listen.host}:${port}`,
    verifierKey: witness.verifierKey,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** Runs until the process is told to stop. */
export async function runWitness({ config }: { config: string }): Promise<void> {
  const log = createLogger('witness')
  const witness = await startWitness(config, log)
  const { url, verifierKey } = witness
  log.info({ url, verifierKey }, 'witness started')
  await new Promise<void>((stop) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop())
  })
  await witness.close()
}

async function openWitnessKey(folder: string): Promise<KeyObject> {
  const file = join(folder, 'witness-key.pem')
  const stored = await readIfThere(file)
  if (stored) return createPrivateKey(stored)
  const { privateKey } = generateKeyPairSync('ed25519')
  await replaceFile(file, Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' })))
  await syncFolder(folder)
  return privateKey
}

function keyOf(text: string, file: string): VerifierKey {
  const parsed = parseVerifierKey(text)
  if (!parsed.ok) throw new AppError('CONFIG_INVALID', { file, problem: `logs: ${parsed.problem}` })
  return parsed.key
}
