import type { AppError } from '../../src-protocol/app-error.ts'
import type { MessageHead } from '../../src-protocol/tunnel.ts'

/** Where the answers of one exchange go: a desktop's tunnel, or nowhere once the client has left. */
export interface ClientStream {
  /** the client has closed its stream, or the tunnel is gone: what is sent now reaches nobody */
  readonly gone: boolean
  /** `undefined` while the desktop is there; while its link is interrupted, a promise that resolves once it is back or lost for good */
  back(): Promise<void> | undefined
  /** `undefined` while the client reads; otherwise a promise that resolves once it does, or is gone */
  room(): Promise<void> | undefined
  head(status: number, headers: Record<string, string>): void
  message(head: MessageHead, body: Uint8Array): void
  keepAlive(): void
  end(): void
  abort(error: AppError): void
}
