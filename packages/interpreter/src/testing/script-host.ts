import type { ErrorInfo, Json } from '@treadle/contract'
import { type Doubles, parseExpression, renderTemplate } from '@treadle/expressions'
import type { Cancellation } from '../core/cancellation.ts'
import { Failure } from '../core/failure.ts'
import type {
  ChildEnd,
  ExecuteOutcome,
  ExecuteRequest,
  Host,
  ReceiveOutcome,
  ReceiveRequest,
  RunEvent,
} from '../core/host.ts'

/** What a worker answers for a path: an output, an error, or nothing until it is cancelled. */
export type Answer = { output: Json } | { error: Omit<ErrorInfo, 'message'> & { message?: string } } | 'hangs'

export type Script = {
  /** By path; a path that is not named answers with itself. */
  answers?: Record<string, Answer> | ((path: string, request?: ExecuteRequest) => Answer)
  /** Payloads by path of a `receive`; none: it times out if it can, else it waits. */
  signals?: Record<string, Json> | ((request: ReceiveRequest) => Json | undefined)
  /** From this many calls of the host on, nothing is answered any more: the run is cut. */
  cutAfter?: number
  /** What the clock says in the beginning. Default 0. */
  nowMs?: number
  /** Called before each answer: may cancel the run. */
  onCall?: (path: string) => void
}

/**
 * A host of data. Workers answer one after the other, in the order in which they were asked; time passes when nothing else happens. `log` has
 * one line for each event, those of the workers included.
 */
export function createScriptHost(script: Script) {
  const log: string[] = []
  const requests: ExecuteRequest[] = []
  const due: (() => void)[] = []
  const timers: { untilMs: number; ring: () => void }[] = []
  let nowMs = script.nowMs ?? 0
  let calls = 0
  const open = new Set<string>()

  const write = (type: string, node = '', data: unknown = undefined) => {
    if (type === 'node.started') open.add(node)
    if (ENDS.has(type)) open.delete(node)
    log.push([type, node, shown(type, data)].filter(Boolean).join(' '))
  }
  const isCut = () => script.cutAfter !== undefined && calls >= script.cutAfter

  /** Answers in turn, unless it is cancelled first. */
  const answerLater = <T>(
    path: string,
    cancellation: Cancellation | undefined,
    answer: () => T | 'hangs',
    whenCancelled: () => T,
  ): Promise<T> =>
    new Promise((resolve) => {
      let done = false
      const settle = (give: () => T) => {
        if (done) return
        done = true
        resolve(give())
      }
      due.push(() => {
        if (done || isCut()) return
        script.onCall?.(path)
        if (cancellation?.isCancelled) return
        const given = answer()
        if (given === 'hangs') return
        calls += 1
        settle(() => given)
      })
      cancellation?.onCancel(() => due.push(() => settle(whenCancelled)))
    })

  const host: Host = {
    now: () => nowMs,
    emit: (event: RunEvent) => {
      if (event.ifOpen && !open.has(event.node ?? '')) return
      write(event.type, event.node, event.data)
    },
    execute(request, cancellation) {
      const { path } = request
      requests.push(request)
      if (cancellation.isCancelled) return Promise.resolve({ ok: false, error: CANCELLED, recorded: true })
      let isStarted = false
      const start = () => {
        if (!isStarted) write('node.started', path)
        isStarted = true
      }
      const answer = (): ExecuteOutcome | 'hangs' => {
        start()
        const given = answerTo(script, path, request)
        if (given === 'hangs') return given
        if ('output' in given) {
          write('node.completed', path, { output: given.output })
          return { ok: true, output: given.output }
        }
        const error = { message: 'scripted', ...given.error }
        const caught = (request.catches ?? []).some((type) => type === '*' || type === error.type)
        write('node.failed', path, { error, ...(caught ? { caught } : {}) })
        return { ok: false, error, recorded: true }
      }
      // A worker that never had it records nothing; one that did says that it was cancelled.
      return answerLater<ExecuteOutcome>(path, cancellation, answer, () => {
        if (isStarted) write('node.cancelled', path)
        return { ok: false, error: CANCELLED, recorded: isStarted }
      })
    },
    evaluate({ path, template, expressions, scope }) {
      return answerLater<Json>(
        path,
        undefined,
        () =>
          renderTemplate(template, (index) => {
            const { cel = '', types } = expressions[index] ?? {}
            const parsed = parseExpression(cel)
            if (!parsed.ok) throw new Failure({ type: 'invalid_request', message: 'not CEL' })
            return parsed.expression.evaluate(scope, types as Doubles | undefined)
          }),
        () => null,
      )
    },
    sleep: ({ untilMs }, cancellation) =>
      new Promise((resolve) => {
        if (cancellation.isCancelled) return resolve(false)
        const timer = { untilMs, ring: () => resolve(true) }
        timers.push(timer)
        cancellation.onCancel(() => {
          const index = timers.indexOf(timer)
          if (index >= 0) timers.splice(index, 1)
          resolve(false)
        })
      }),
    childRunId: () => 'run_child',
    startChild: () => Promise.resolve(undefined),
    /** A child is answered like a worker. */
    childEnd: ({ path }, cancellation) =>
      answerLater<ChildEnd>(
        path,
        cancellation,
        () => {
          const given = answerTo(script, path)
          if (given === 'hangs' || 'output' in given) return given
          return { error: { message: 'scripted', ...given.error } }
        },
        () => ({ error: CANCELLED }),
      ),
    receive(request, cancellation) {
      const { untilMs } = request
      return new Promise<ReceiveOutcome>((resolve) => {
        if (cancellation.isCancelled) return resolve('cancelled')
        cancellation.onCancel(() => resolve('cancelled'))
        const payload = signalFor(script, request)
        if (payload !== undefined) {
          due.push(() => {
            if (isCut()) return
            calls += 1
            resolve({ payload })
          })
        } else if (untilMs !== undefined) timers.push({ untilMs, ring: () => resolve('timeout') })
      })
    },
  }

  return {
    host,
    log,
    requests,
    /** Lets things happen until nothing can any more. */
    async play(): Promise<void> {
      for (;;) {
        await settled()
        const next = due.shift()
        if (next) next()
        else if (timers.length > 0 && !isCut()) ringFirst()
        else return
      }
    },
    get calls() {
      return calls
    },
    get nowMs() {
      return nowMs
    },
  }

  function ringFirst() {
    const first = timers.reduce((earliest, timer) => (timer.untilMs < earliest.untilMs ? timer : earliest))
    timers.splice(timers.indexOf(first), 1)
    nowMs = Math.max(nowMs, first.untilMs)
    calls += 1
    first.ring()
  }
}

const answerTo = ({ answers = {} }: Script, path: string, request?: ExecuteRequest): Answer =>
  (typeof answers === 'function' ? answers(path, request) : answers[path]) ?? { output: path }

const signalFor = ({ signals = {} }: Script, request: ReceiveRequest): Json | undefined =>
  typeof signals === 'function' ? signals(request) : signals[request.path]

const ENDS = new Set(['node.completed', 'node.failed', 'node.cancelled'])
const CANCELLED: ErrorInfo = { type: 'cancelled', message: 'It was cancelled.' }

/** Every promise that can go on has gone on. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

function shown(type: string, data: unknown): string {
  const { output, error, caught } = (data ?? {}) as { output?: Json; error?: ErrorInfo; caught?: boolean }
  if (type === 'node.failed') return `${error?.type}${caught ? ' caught' : ''}`
  if (type === 'node.completed') return `= ${JSON.stringify(output)}`
  return type.startsWith('custom.') ? JSON.stringify(data) : ''
}
