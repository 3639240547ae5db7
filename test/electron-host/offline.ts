/** A machine without a network: while `__gatehouseHost.offline` is true, main's outgoing TCP connections fail, loopback too. */
import { Socket } from 'node:net'
import { hostRecord } from './host-record.ts'

export function installOfflineSwitch(): void {
  const connect: unknown = Reflect.get(Socket.prototype, 'connect')
  Reflect.set(Socket.prototype, 'connect', function (this: Socket, ...parameters: unknown[]): unknown {
    const list: unknown[] = Array.isArray(parameters[0]) ? parameters[0] : parameters
    if (hostRecord.offline && !isLocalSocket(list[0])) {
      const error = Object.assign(new Error('connect ENETUNREACH (offline)'), { code: 'ENETUNREACH', syscall: 'connect' })
      queueMicrotask(() => this.destroy(error))
      return this
    }
    return Reflect.apply(connect as (...list: unknown[]) => unknown, this, parameters)
  })
}

const isLocalSocket = (options: unknown): boolean =>
  typeof options === 'object' && options !== null && 'path' in options && typeof options.path === 'string'
