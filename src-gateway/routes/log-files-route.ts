import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { readIfThere } from '../../src-node/log-files.ts'
import { AppError } from '../../src-protocol/app-error.ts'
import type { GatewayConfig } from '../../src-protocol/config.ts'

export interface PublishedLog {
  folder: string
  publish: GatewayConfig['log']['publish']
  /** the newest checkpoint, or, where there are witnesses, the newest that they cosigned */
  checkpoint(): string
}

const number = '(?:x[0-9]{3}/)*[0-9]{3}'
const partial = '(?:\\.p/(?:[1-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?'
const tile = new RegExp(`^(?:[0-9]|[1-5][0-9]|6[0-3])/${number}${partial}$`)
const bundle = new RegExp(`^entries/${number}${partial}$`)

/** A file of a log never becomes another one: a partial tile has its width in its name. */
const forGood = 'public, max-age=31536000, immutable'

/**
 * The log as static files, as c2sp.org/tlog-tiles has them: `/log/checkpoint`, `/log/tile/<level>/<number>[.p/<width>]`, `/log/tile/entries/…`. Nothing else
 * of the folder can be asked for; what is not published is not there.
 */
export function addLogFiles(app: FastifyInstance, published: PublishedLog): void {
  const { folder, publish } = published
  if (publish === 'nothing') return
  app.get('/log/checkpoint', async (_request, reply) =>
    reply.type('text/plain; charset=utf-8').header('cache-control', 'no-cache').send(published.checkpoint()),
  )
  if (publish === 'checkpoint') return
  app.get<{ Params: { '*': string } }>('/log/tile/*', async ({ params: { '*': path } }, reply) => {
    const known = tile.test(path) || (publish === 'entries' && bundle.test(path))
    const bytes = known ? await readIfThere(join(folder, 'tile', path)) : undefined
    if (!bytes) throw new AppError('NOT_FOUND', { what: `The file tile/${path.slice(0, 60)} of the log` })
    return reply.type('application/octet-stream').header('cache-control', forGood).send(bytes)
  })
}
