/** The Chrome DevTools Protocol over the browser's pipe: NUL-terminated JSON, one connection, a session per page. */
import { EventEmitter } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import type { Protocol } from '../../node_modules/playwright-core/types/protocol.d.ts'

export type { Protocol }
export type Command = keyof Protocol.CommandParameters & keyof Protocol.CommandReturnValues
export type ProtocolEvent = keyof Protocol.Events

interface Message {
  id?: number
  method?: string
  params?: unknown
  result?: unknown
  error?: { message: string }
  sessionId?: string
}

interface Pending {
  method: string
  resolve: (result: unknown) => void
  reject: (error: Error) => void
}

/** What a page's session and the browser's own session have in common. */
export class CdpSession {
  readonly #events = new EventEmitter()
  readonly #connection: CdpConnection
  readonly id: string | undefined

  constructor(connection: CdpConnection, id: string | undefined) {
    this.#connection = connection
    this.id = id
  }

  send<C extends Command>(method: C, params?: Protocol.CommandParameters[C]): Promise<Protocol.CommandReturnValues[C]> {
    return this.#connection.command(method, params, this.id) as Promise<Protocol.CommandReturnValues[C]>
  }

  on<E extends ProtocolEvent>(event: E, listener: (payload: Protocol.Events[E]) => void): void {
    this.#events.on(event, listener as (payload: unknown) => void)
  }

  dispatch(event: string, payload: unknown): void {
    this.#events.emit(event, payload)
  }
}

export class CdpConnection {
  readonly browser: CdpSession = new CdpSession(this, undefined)
  readonly #sessions = new Map<string, CdpSession>()
  readonly #pending = new Map<number, Pending>()
  readonly #output: Writable
  #sequence = 0
  #closed = false
  #rest: Buffer[] = []

  constructor(input: Readable, output: Writable) {
    this.#output = output
    input.on('data', (chunk: Buffer) => this.#read(chunk))
    input.on('close', () => this.#close())
    input.on('error', () => this.#close())
    output.on('error', () => this.#close())
  }

  session(id: string): CdpSession {
    let session = this.#sessions.get(id)
    if (!session) {
      session = new CdpSession(this, id)
      this.#sessions.set(id, session)
    }
    return session
  }

  command(method: string, params: unknown, sessionId: string | undefined): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new Error(`${method}: the browser has gone`))
      const id = ++this.#sequence
      this.#pending.set(id, { method, resolve, reject })
      this.#output.write(`${JSON.stringify({ id, method, params: params ?? {}, sessionId })}\0`)
    })
  }

  #read(chunk: Buffer): void {
    let start = 0
    for (let end = chunk.indexOf(0); end >= 0; end = chunk.indexOf(0, start)) {
      const message = Buffer.concat([...this.#rest, chunk.subarray(start, end)])
      this.#rest = []
      start = end + 1
      this.#receive(JSON.parse(message.toString('utf8')) as Message)
    }
    if (start < chunk.length) this.#rest.push(chunk.subarray(start))
  }

  #receive(message: Message): void {
    if (message.id !== undefined) {
      const pending = this.#pending.get(message.id)
      this.#pending.delete(message.id)
      if (message.error) pending?.reject(new Error(`${pending.method}: ${message.error.message}`))
      else pending?.resolve(message.result)
    } else if (message.method) {
      const session = message.sessionId === undefined ? this.browser : this.#sessions.get(message.sessionId)
      session?.dispatch(message.method, message.params)
    }
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const { method, reject } of this.#pending.values()) reject(new Error(`${method}: the browser has gone`))
    this.#pending.clear()
  }
}
