/**
 * Hands over what belongs to one exchange in the order in which it came, each piece only after its record is durable. Exchanges
 * do not wait for each other, so that their records share one sync to disk.
 */
export class Delivery {
  #tail: Promise<unknown> = Promise.resolve()
  readonly #open: () => boolean
  readonly #onFailure: (error: unknown) => void
  #failed = false

  /** once `open` says no, nothing more is handed over */
  constructor(open: () => boolean, onFailure: (error: unknown) => void) {
    this.#open = open
    this.#onFailure = onFailure
  }

  /** After a failure nothing more is handed over: what was not recorded must not be seen, nor what came after it. */
  after(durable: Promise<unknown> | undefined, handOver: () => void): void {
    this.#tail = this.#takeTurn(durable ? Promise.all([this.#tail, durable]) : this.#tail, handOver)
    this.#tail.catch((error: unknown) => {
      if (this.#failed) return
      this.#failed = true
      this.#onFailure(error)
    })
  }

  async #takeTurn(turn: Promise<unknown>, handOver: () => void): Promise<void> {
    await turn
    if (this.#open()) handOver()
  }
}
