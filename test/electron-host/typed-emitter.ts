type Listeners<Events> = { [Name in keyof Events]?: Listener<Events, Name>[] }
type Listener<Events, Name extends keyof Events> = Events[Name] extends readonly unknown[] ? (...parameters: Events[Name]) => void : never

/**
 * An emitter that knows its event names, so that compiling the application against the host finds events it does not model.
 * `Events` maps a name to the listener's parameters.
 */
export class TypedEmitter<Events extends { [Name in keyof Events]: readonly unknown[] }> {
  readonly #listeners: Listeners<Events> = {}

  on<Name extends keyof Events & string>(name: Name, listener: Listener<Events, Name>): this {
    this.#listeners[name] = [...(this.#listeners[name] ?? []), listener]
    return this
  }

  once<Name extends keyof Events & string>(name: Name, listener: Listener<Events, Name>): this {
    const wrapped = ((...parameters: Events[Name]) => {
      this.off(name, wrapped)
      listener(...parameters)
    }) as Listener<Events, Name>
    return this.on(name, wrapped)
  }

  off<Name extends keyof Events & string>(name: Name, listener: Listener<Events, Name>): this {
    this.#listeners[name] = (this.#listeners[name] ?? []).filter((other) => other !== listener)
    return this
  }

  /** True if anybody listened, as Node's. */
  emit<Name extends keyof Events & string>(name: Name, ...parameters: Events[Name]): boolean {
    const listeners = this.#listeners[name] ?? []
    for (const listener of listeners) listener(...parameters)
    return listeners.length > 0
  }

  listenerCount(name: keyof Events & string): number {
    return this.#listeners[name]?.length ?? 0
  }
}

export interface HostEvent {
  defaultPrevented: boolean
  preventDefault(): void
}

export function createEvent(): HostEvent {
  const event: HostEvent = {
    defaultPrevented: false,
    preventDefault() {
      event.defaultPrevented = true
    },
  }
  return event
}
