import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Logger } from '../logger.ts'
import type { Witness, WitnessAnswer } from './witness.ts'

/** 63 hashes and a note with its signatures. */
const maximumBody = 192 * 1024

/** C2SP tlog-witness over HTTP: `POST /add-checkpoint`. Who may ask is said by the signature under the checkpoint. */
export function createWitnessServer(witness: Witness, log: Logger): Server {
  return createServer({ requestTimeout: 30_000 }, (request, response) => {
    answer(request, response, witness).catch((error: unknown) => {
      log.error({ err: error }, 'a checkpoint could not be decided about')
      if (!response.headersSent) response.writeHead(500, plain)
      response.end('the witness failed\n')
    })
  })
}

const plain = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }

async function answer(request: IncomingMessage, response: ServerResponse, witness: Witness): Promise<void> {
  if (request.method === 'GET' && request.url === '/') return void response.writeHead(200, plain).end(`${witness.verifierKey}\n`)
  if (request.url !== '/add-checkpoint') return void response.writeHead(404, plain).end('there is only /add-checkpoint\n')
  if (request.method !== 'POST') return void response.writeHead(405, { ...plain, allow: 'POST' }).end('it takes a POST\n')
  const body = await readBody(request)
  if (body === undefined) return void response.writeHead(413, plain).end('this is no checkpoint\n')
  const answered = await witness.addCheckpoint(body)
  const { headers, text } = formOf(answered)
  response.writeHead(answered.status, headers).end(text)
}

function formOf(answered: WitnessAnswer): { headers: Record<string, string>; text: string } {
  if (answered.status === 200) return { headers: plain, text: answered.lines }
  if ('size' in answered) return { headers: { ...plain, 'content-type': 'text/x.tlog.size' }, text: `${answered.size}\n` }
  return { headers: plain, text: `${answered.problem}\n` }
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of request) {
    length += (piece as Buffer).length
    if (length > maximumBody) return undefined
    pieces.push(piece as Buffer)
  }
  return Buffer.concat(pieces).toString('utf8')
}
