import type { WebSocket } from 'ws'
import type { Scheduler } from './scheduler.ts'

/**
 * Any message counts as a sign of life, so that a peer that is busy sending a large result is neither pinged nor dropped. One that was
 * silent for a whole period is pinged; one that leaves two pings unanswered is dropped: three to four periods after its last byte.
 * @param onBeat once in each period
 */
export function startHeartbeat(socket: WebSocket, everyMs: number, scheduler: Scheduler, onBeat: () => void): () => void {
  if (everyMs === 0) return () => {}
  let missed = 0
  let heard = false
  const alive = () => {
    heard = true
  }
  socket.on('pong', alive)
  socket.on('ping', alive)
  socket.on('message', alive)
  const beat = () => {
    if (heard) missed = 0
    else if (missed >= 2) return socket.terminate()
    else {
      missed += 1
      if (socket.readyState === socket.OPEN) socket.ping()
    }
    heard = false
    onBeat()
    cancel = scheduler.after(everyMs, beat)
  }
  let cancel = scheduler.after(everyMs, beat)
  return () => cancel()
}
