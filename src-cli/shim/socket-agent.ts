import { Agent } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'

class SocketAgent extends Agent {
  readonly #path: string

  constructor(path: string) {
    super({ keepAlive: true, maxSockets: Infinity })
    this.#path = path
  }

  override createConnection(): Duplex {
    return connect(this.#path)
  }
}

/** Every connection goes to this socket, whatever host a request names. */
export const socketAgent = (path: string): Agent => new SocketAgent(path)
