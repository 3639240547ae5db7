import { pino, type Logger } from 'pino'

export type { Logger }

/** JSON lines on stderr. Secrets have no place in a log call; what commonly carries one is removed all the same. */
export function createLogger(program: string, options: { level?: string } = {}): Logger {
  return pino(
    {
      base: { program },
      level: options.level ?? process.env['GATEHOUSE_LOG_LEVEL'] ?? 'info',
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: [
          'authorization',
          'dpop',
          'accessToken',
          'refreshToken',
          'headers.authorization',
          'headers.dpop',
          'headers.cookie',
          'req.headers.authorization',
          'req.headers.dpop',
          'req.headers.cookie',
        ],
        censor: '[removed]',
      },
    },
    pino.destination({ dest: 2, sync: true }),
  )
}
