import type { Path, RunRef } from '@treadle/contract'
import pino, { type Logger } from 'pino'
import type { LogLevel } from './config.ts'
import type { Redactor } from './secrets/redactor.ts'

/** What the parts of the worker need of a logger; pino's is one. Fields first: those of `placeOf` where there is a run. */
export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>

/** By what a line is found again: its run, its node, and the trace that the run was started in. */
export function placeOf({ id, traceparent }: RunRef, node: Path) {
  const traceId = traceparent?.split('-')[1]
  return { runId: id, node, ...(traceId !== undefined && { traceId }) }
}

/** JSON lines on standard output, without any secret's value. */
export function createLog({ level, redactor }: { level: LogLevel; redactor: Redactor }): Logger {
  return pino({
    level,
    base: { name: 'worker', pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    hooks: { streamWrite: (line) => redactor.text(line) },
  })
}
