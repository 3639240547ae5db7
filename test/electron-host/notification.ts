import { hostRecord } from './host-record.ts'
import { createEvent, TypedEmitter, type HostEvent } from './typed-emitter.ts'

export interface NotificationConstructorOptions {
  title: string
  body: string
  silent?: boolean
  urgency?: 'low' | 'normal' | 'critical'
  timeoutType?: 'default' | 'never'
  actions?: { type: 'button'; text: string }[]
}

interface NotificationEvents {
  show: [HostEvent]
  click: [HostEvent]
  close: [HostEvent]
  action: [HostEvent & { actionIndex: number }, number]
  failed: [HostEvent, string]
}

/** Recorded, and "shown" at once: tests click on what `__gatehouseHost.notifications` holds. */
export class Notification extends TypedEmitter<NotificationEvents> {
  readonly title: string
  readonly body: string
  readonly actions: { type: 'button'; text: string }[]
  closed = false

  constructor(options: NotificationConstructorOptions) {
    super()
    this.title = options.title
    this.body = options.body
    this.actions = options.actions ?? []
  }

  static isSupported(): boolean {
    return process.env['GATEHOUSE_HOST_NO_NOTIFICATIONS'] !== '1'
  }

  show(): void {
    hostRecord.notifications.push(this)
    setImmediate(() => this.emit('show', createEvent()))
  }
  close(): void {
    if (this.closed) return
    this.closed = true
    this.emit('close', createEvent())
  }

  /** what a person does with it */
  press(action?: number): void {
    if (action === undefined) this.emit('click', createEvent())
    else this.emit('action', Object.assign(createEvent(), { actionIndex: action }), action)
  }
}
