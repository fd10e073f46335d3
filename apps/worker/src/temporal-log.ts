import { type LogLevel, makeTelemetryFilterString, Runtime, type Logger as TemporalLogger } from '@temporalio/worker'
import type { Logger } from 'pino'

/** Temporal says that each failed attempt failed; the node's events say it better. */
const DEMOTED = new Set(['Activity failed'])

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const

/** Has Temporal's SDK log through ours, and leaves the signals of the process to us. Once a process, before any connection. */
export function installTemporalRuntime(log: Logger): void {
  const sdk = log.child({ part: 'temporal' })
  const write = (level: LogLevel, message: string, fields: Record<string | symbol, unknown> = {}) => {
    const { taskToken: _, ...rest } = fields
    sdk[DEMOTED.has(message) ? 'debug' : LEVELS[level]](rest, message)
  }
  const logger: TemporalLogger = {
    log: write,
    trace: (message, fields) => write('TRACE', message, fields),
    debug: (message, fields) => write('DEBUG', message, fields),
    info: (message, fields) => write('INFO', message, fields),
    warn: (message, fields) => write('WARN', message, fields),
    error: (message, fields) => write('ERROR', message, fields),
  }
  Runtime.install({
    logger,
    shutdownSignals: [],
    telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) } },
  })
}
