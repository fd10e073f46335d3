import pino, { type Logger } from 'pino'
import type { LogLevel } from './config.ts'
import type { Redactor } from './secrets/redactor.ts'

/** What the parts of the worker need of a logger; pino's is one. Fields first: `runId` and `node` where there are any. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>

/** JSON lines on standard output, without any secret's value. */
export function createLog({ level, redactor }: { level: LogLevel; redactor: Redactor }): Logger {
  return pino({
    level,
    base: { name: 'worker', pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    hooks: { streamWrite: (line) => redactor.text(line) },
  })
}
