import type { Readable } from 'node:stream'
import type { EventType, Handle, Json, JsonSchema, RunRef, Usage, Work } from '@treadle/contract'
import type { CallBudget } from '../model/call-budget.ts'
import type { ToolCallPiece } from '../model/stream-answer.ts'

/** What a kind of work has at hand while it is executed. */
export type WorkContext = {
  run: RunRef
  path: string
  /** Given by Postgres, counts the executions of this path. */
  attempt: number
  /** Aborts when the attempt has to stop: a cancel, its timeout, a newer attempt, the worker's shutdown. */
  signal: AbortSignal
  outputSchema?: JsonSchema
  /** A piece of text for the stream. Resolves when there is room for more: await it before reading on. */
  emitText(piece: string): Promise<void>
  /** A piece of a tool call that a model makes, for the stream; awaited like text. */
  emitToolCall(piece: ToolCallPiece): Promise<void>
  emit(type: EventType, data: object): Promise<void>
  /**
   * A value from outside as it may be stored: without secrets and forged handles; a handle where it is above `bytesMax` (default 16 KiB).
   * @throws TreadleError `invalid_output`
   */
  keep(value: Json, options?: { bytesMax?: number }): Promise<Json>
  /** Stores a JSON text as it comes, checked and without secrets, and gives its handle. */
  keepStream(json: AsyncIterable<Uint8Array>): Promise<Json>
  /** The JSON text that a handle stands for, as a stream, as often as it is called; undefined where it has to be loaded. */
  open(handle: Handle): Promise<(() => Promise<Readable>) | undefined>
  /** The value with its handles replaced by what they stand for. */
  load(value: unknown): Promise<Json>
  /** What was used so far: counted also where the attempt fails afterwards. */
  usage: UsageMeter
  /** What its calls of models count against. */
  budget: CallBudget
}

export type UsageMeter = { add(usage: Usage): void; total(): Usage | undefined }

export type WorkResult = {
  output: Json
  /** of a `checkpoint` */
  checkpointName?: string
  /** The output was checked against `outputSchema` already. */
  checked?: true
  /** The output is made of what `keep` gave, and goes to the workflow as it is. */
  finished?: true
}

export type WorkOf<K extends Work['kind']> = Extract<Work, { kind: K }>

/** Executes one kind of work. Throws TreadleError by the one taxonomy; anything else counts as `internal`. */
export type Perform<K extends Work['kind']> = (work: WorkOf<K>, context: WorkContext) => Promise<WorkResult>

/** One entry a kind. */
export type WorkTable = { [K in Work['kind']]: Perform<K> }

export function createUsageMeter(): UsageMeter {
  let sum: Usage | undefined
  return {
    add(usage) {
      sum ??= {}
      for (const [name, amount] of Object.entries(usage) as [keyof Usage, number | undefined][]) {
        if (amount !== undefined) sum[name] = (sum[name] ?? 0) + amount
      }
    },
    total: () => sum,
  }
}
