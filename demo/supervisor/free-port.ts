import { createServer } from 'node:net'
import { once } from 'node:events'

/** The preferred port of the loopback interface if it is free, else one that the system chooses. */
export async function freePort(preferred: number): Promise<number> {
  for (const port of [preferred, 0]) {
    const server = createServer()
    try {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      const address = server.address()
      if (typeof address === 'object' && address) return address.port
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    } finally {
      server.close()
    }
  }
  throw new Error('No free port on 127.0.0.1.')
}
