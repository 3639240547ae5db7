interface Piece {
  state: 'waiting' | 'ready' | 'failed'
  handOver: () => void
}

/**
 * Hands over what belongs to one exchange in the order in which it came, each piece only after its record is durable. Exchanges
 * do not wait for each other, so that their records share one sync to disk.
 */
export class Delivery {
  readonly #pieces: Piece[] = []
  readonly #open: () => boolean
  readonly #onFailure: (error: unknown) => void
  #failed = false
  #handing = false

  /** once `open` says no, nothing more is handed over */
  constructor(open: () => boolean, onFailure: (error: unknown) => void) {
    this.#open = open
    this.#onFailure = onFailure
  }

  /**
   * What needs no record is handed over at once, unless something waits before it. After a failure nothing more is handed over: what was not
   * recorded must not be seen, nor what came after it.
   */
  after(durable: Promise<unknown> | undefined, handOver: () => void): void {
    const piece: Piece = { state: durable ? 'waiting' : 'ready', handOver }
    this.#pieces.push(piece)
    if (!durable) return this.#handOverReady()
    durable.then(
      () => this.#ready(piece),
      (error: unknown) => this.#fail(piece, error),
    )
    return undefined
  }

  #ready(piece: Piece): void {
    piece.state = 'ready'
    this.#handOverReady()
  }

  #handOverReady(): void {
    // what is handed over may lead to more of the same exchange
    if (this.#handing) return
    this.#handing = true
    for (let piece = this.#pieces[0]; piece?.state === 'ready'; piece = this.#pieces[0]) {
      try {
        if (this.#open()) piece.handOver()
        this.#pieces.shift()
      } catch (error) {
        this.#fail(piece, error)
      }
    }
    this.#handing = false
  }

  #fail(piece: Piece, error: unknown): void {
    piece.state = 'failed'
    if (this.#failed) return
    this.#failed = true
    this.#onFailure(error)
  }
}
