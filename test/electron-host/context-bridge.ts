/**
 * The two halves of contextBridge, as source text: one runs in the page's world before any page script, one in the preload's.
 * They talk by events whose names only they know. An event's `detail` crosses worlds as a structured clone; functions and promises
 * cross as numbers, so that neither world ever holds an object of the other.
 *
 * `createBridgeEnd` is self-contained: its source text is injected into both worlds.
 */
export interface BridgeEnd {
  /** preload's end: puts a frozen copy of `api` on the page's window */
  expose(key: string, api: unknown): void
}

type Wrapped =
  | { kind: 'value'; value: unknown }
  | { kind: 'error'; name: string; message: string }
  | { kind: 'array'; items: Wrapped[] }
  | { kind: 'object'; entries: [string, Wrapped][] }
  | { kind: 'function'; id: number }
  | { kind: 'promise'; id: number }

type BridgeMessage =
  | { operation: 'call'; id: number; parameters: Wrapped[] }
  | { operation: 'return'; threw: boolean; value: Wrapped }
  | { operation: 'settle'; id: number; fulfilled: boolean; value: Wrapped }
  | { operation: 'expose'; key: string; value: Wrapped }

export function createBridgeEnd(secret: string, side: 'page' | 'preload'): BridgeEnd {
  // captured before any page script can replace them
  const window = globalThis as unknown as Window & Record<string, unknown>
  const dispatch = EventTarget.prototype.dispatchEvent.bind(window)
  const {
    CustomEvent: Envelope,
    Object: Objects,
    Error: PlainError,
    Promise: Promises,
    Array: Arrays,
    ArrayBuffer: Buffers,
    Map: Maps,
  } = globalThis
  const read: unknown = Reflect.get(Objects.getOwnPropertyDescriptor(Envelope.prototype, 'detail') ?? {}, 'get')
  const { apply } = Reflect
  const describe: unknown = Reflect.get(Objects.prototype, 'toString')
  const run = (method: unknown, target: object): unknown => apply(method as () => unknown, target, [])

  const functions = new Maps<number, (...parameters: unknown[]) => unknown>()
  const promises = new Maps<number, { resolve: (value: unknown) => void; reject: (error: unknown) => void }>()
  let sequence = 0
  let answer: (BridgeMessage & { operation: 'return' }) | undefined

  const other = side === 'page' ? 'preload' : 'page'
  const post = (message: BridgeMessage) => dispatch(new Envelope(`${secret}:${other}`, { detail: message }))
  const request = (message: BridgeMessage): unknown => {
    answer = undefined
    post(message)
    const got = answer as (BridgeMessage & { operation: 'return' }) | undefined
    answer = undefined
    if (!got) throw new PlainError('The other world is gone.')
    if (got.threw) throw unwrap(got.value)
    return unwrap(got.value)
  }

  const wrap = (value: unknown): Wrapped => {
    if (typeof value === 'function') {
      const id = ++sequence
      functions.set(id, value as (...parameters: unknown[]) => unknown)
      return { kind: 'function', id }
    }
    if (value instanceof Promises) {
      const id = ++sequence
      value.then(
        (result: unknown) => post({ operation: 'settle', id, fulfilled: true, value: wrap(result) }),
        (error: unknown) => post({ operation: 'settle', id, fulfilled: false, value: wrap(error) }),
      )
      return { kind: 'promise', id }
    }
    // like Electron's bridge: of an error only its name and message survive
    if (value instanceof PlainError) return { kind: 'error', name: value.name, message: value.message }
    if (Arrays.isArray(value)) return { kind: 'array', items: value.map(wrap) }
    if (typeof value === 'object' && value !== null && run(describe, value) === '[object Object]') {
      return { kind: 'object', entries: Objects.entries(value).map(([key, item]) => [key, wrap(item)]) }
    }
    return { kind: 'value', value }
  }

  const unwrap = (wrapped: Wrapped): unknown => {
    switch (wrapped.kind) {
      case 'value':
        return wrapped.value
      case 'error': {
        const error = new PlainError(wrapped.message)
        error.name = wrapped.name
        return error
      }
      case 'array':
        return wrapped.items.map(unwrap)
      case 'object': {
        const object: Record<string, unknown> = {}
        for (const [key, item] of wrapped.entries) {
          Objects.defineProperty(object, key, { value: unwrap(item), writable: true, enumerable: true, configurable: true })
        }
        return object
      }
      case 'function':
        return (...parameters: unknown[]) => request({ operation: 'call', id: wrapped.id, parameters: parameters.map(wrap) })
      case 'promise':
        return new Promises((resolve, reject) => promises.set(wrapped.id, { resolve, reject }))
    }
  }

  const freeze = (value: unknown): unknown => {
    if (typeof value === 'object' && value !== null && !Buffers.isView(value) && !Objects.isFrozen(value)) {
      Objects.freeze(value)
      Objects.values(value).forEach(freeze)
    }
    return value
  }

  const answerWith = (action: () => unknown) => {
    let reply: BridgeMessage
    try {
      reply = { operation: 'return', threw: false, value: wrap(action()) }
    } catch (error) {
      reply = { operation: 'return', threw: true, value: wrap(error) }
    }
    post(reply)
  }

  const receive = (message: BridgeMessage) => {
    if (message.operation === 'return') {
      answer = message
    } else if (message.operation === 'settle') {
      const promise = promises.get(message.id)
      promises.delete(message.id)
      if (message.fulfilled) promise?.resolve(unwrap(message.value))
      else promise?.reject(unwrap(message.value))
    } else if (message.operation === 'call') {
      const target = functions.get(message.id)
      answerWith(() => {
        if (!target) throw new PlainError('No such function.')
        return target(...message.parameters.map(unwrap))
      })
    } else if (side === 'page') {
      answerWith(() => {
        if (message.key in window) throw new PlainError('Cannot bind an API on top of an existing property on the window object')
        Objects.defineProperty(window, message.key, { value: freeze(unwrap(message.value)), enumerable: true })
      })
    }
  }

  EventTarget.prototype.addEventListener.call(window, `${secret}:${side}`, (event) => {
    event.stopImmediatePropagation()
    receive(run(read, event) as BridgeMessage)
  })

  return { expose: (key, api) => void request({ operation: 'expose', key, value: wrap(api) }) }
}
