import { randomUUID } from 'node:crypto'
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { type EventEnvelope, type NodeTask, newRunId, type Plan, type RunRef, type Work } from '@treadle/contract'
import {
  type ModelScript,
  type ScriptedMcp,
  type ScriptedModel,
  type ScriptedTools,
  startScriptedMcp,
  startScriptedModel,
  startScriptedTools,
} from '@treadle/local'
import {
  type Appender,
  createAppender,
  createBlobRefs,
  createBudgets,
  createChildRuns,
  createEventLog,
  createFunctionStore,
  createPool,
  createResultCache,
  createRunEnd,
  createRunStore,
  createTakenOver,
  createTranscripts,
  createWorkflowOf,
  openBlobs,
  type RunStore,
  type Transcripts,
} from '@treadle/storage'
import {
  type ActivityParts,
  type AttemptOutcome,
  createActivities,
  createFunctionRegistry,
  createRedactor,
  type FunctionRegistry,
  type Stop,
} from '@treadle/worker/executor'
import { afterAll, beforeAll, inject } from 'vitest'
import { cloneDatabase } from '../../support/database.ts'

/** Lines of the executor's log, as objects. */
export type LogLine = { level: string; message: string; fields: object }

/**
 * The TypeScript executor on a real Postgres and a real blob folder, with a scripted model and scripted tools; the test is the host
 * of its attempts, in Temporal's place.
 */
export type ExecutorBench = {
  model: ScriptedModel
  tools: ScriptedTools
  mcp: ScriptedMcp
  functions: FunctionRegistry
  appender: Appender
  runs: RunStore
  logLines: LogLine[]
  /** A prompt of its own, for which the model gives these answers in turn. */
  prompt(...answers: ModelScript[]): string
  /** A new run in Postgres. */
  newRun(): Promise<RunRef>
  /** One attempt. `onStop` is given the means to stop it. */
  attempt(run: RunRef, task: TaskOf, onStop?: (stop: Stop) => void): Promise<AttemptOutcome>
  /** The attempts until one is not to be tried again, without the pauses between them. */
  attempts(run: RunRef, task: TaskOf): Promise<AttemptOutcome[]>
  activities: ReturnType<typeof createActivities>
  transcripts: Transcripts
  /** Resolves once the run's log has an event of the type. */
  logged(run: RunRef, type: string): Promise<void>
  events(run: RunRef): Promise<EventEnvelope[]>
  /** A stored value as it lies in the store. */
  blobText(run: RunRef, sha256: string): Promise<string>
}

export type TaskOf = { work: Work; path?: string } & Partial<Omit<NodeTask, 'task' | 'run' | 'work'>>

export type BenchOptions = {
  secrets?: Record<string, string>
  grants?: (tools: ScriptedTools) => ActivityParts['config']['secrets']['grants']
  egressAllow?: (tools: ScriptedTools) => string[]
}

/** Starts before the first test of a file, and ends after the last. */
export function useExecutor({
  secrets = {},
  grants = () => ({}),
  egressAllow = (tools) => [tools.authority],
}: BenchOptions = {}): () => ExecutorBench {
  let bench: ExecutorBench | undefined
  const closers: (() => Promise<unknown>)[] = []

  beforeAll(async () => {
    const { postgres, folder } = inject('shared')
    const model = await startScriptedModel()
    const tools = await startScriptedTools()
    const mcp = await startScriptedMcp()
    const database = await cloneDatabase(postgres)
    const logLines: LogLine[] = []
    const redactor = createRedactor({ OPENAI_API_KEY: 'sk-operator-key' })
    const log = createLog(logLines, redactor.text)
    const workerPool = createPool({ url: database.workerUrl, applicationName: 'test worker', log })
    const apiPool = createPool({ url: database.apiUrl, applicationName: 'test api', log })
    const appender = createAppender({ pool: workerPool, log })
    const blobFolder = await mkdtemp(join(folder, 'blobs-'))
    const blobs = openBlobs({ url: pathToFileURL(blobFolder).href })
    const functions = createFunctionRegistry()
    const transcripts = createTranscripts({ pool: workerPool })
    const activities = createActivities({
      config: {
        openai: { apiKey: 'sk-operator-key', baseUrl: model.baseUrl },
        egressAllow: [...egressAllow(tools), mcp.authority],
        secrets: { values: secrets, grants: grants(tools) ?? {} },
        models: { priced: { inputPrice: 1, outputPrice: 10 } },
      },
      appender,
      budgets: createBudgets({ pool: workerPool }),
      children: createChildRuns({ pool: workerPool }),
      runEnd: createRunEnd({ pool: workerPool }),
      blobs,
      refs: createBlobRefs({ pool: workerPool }),
      takenOver: createTakenOver({ pool: workerPool }),
      workflowOf: createWorkflowOf({ pool: workerPool }),
      transcripts,
      cache: createResultCache({ pool: workerPool }),
      redactor,
      functions,
      states: createFunctionStore({ pool: workerPool }),
      log,
    })
    const runs = createRunStore({ pool: apiPool })
    const eventLog = createEventLog({ pool: apiPool, listenUrl: database.apiUrl, log })
    await eventLog.start()
    closers.push(eventLog.stop)
    closers.push(
      activities.close,
      () => appender.close(),
      () => blobs.close(),
      () => workerPool.end(),
      () => apiPool.end(),
    )
    closers.push(model.close, tools.close, mcp.close)

    const taskFor = (run: RunRef, { path = 'node', ...rest }: TaskOf): NodeTask => ({
      task: 1,
      run,
      path,
      retry: {},
      outbox: [],
      ...rest,
    })
    const attempt: ExecutorBench['attempt'] = (run, task, onStop = () => {}) =>
      activities.attemptNode(taskFor(run, task), onStop)

    bench = {
      model,
      tools,
      mcp,
      functions,
      appender,
      runs,
      logLines,
      activities,
      transcripts,
      attempt,
      prompt(...answers) {
        const prompt = `prompt ${randomUUID()}`
        for (const answer of answers) model.when({ prompt }, answer, { times: 1 })
        return prompt
      },
      async logged(run, type) {
        for await (const batch of eventLog.stream(run.tenant, run.id, { after: 0 })) {
          if (batch.some((event) => event.type === type)) return
        }
        throw new Error(`The run ended without ${type}.`)
      },
      async newRun() {
        const stored = await runs.insert(TENANT, {
          id: newRunId(),
          clientGivenId: false,
          plan: { hash: 'a'.repeat(64), plan: EMPTY_PLAN },
          input: {},
          workflow: { name: 'test' },
          requestFingerprint: 'test',
        })
        if (stored.outcome !== 'created') throw new Error(`The run was not created: ${stored.outcome}`)
        return stored.run.ref
      },
      async attempts(run, task) {
        const outcomes: AttemptOutcome[] = []
        do outcomes.push(await attempt(run, task))
        while (outcomes.at(-1)?.status === 'retrying')
        return outcomes
      },
      async blobText(run, sha256) {
        return text(await blobs.get(run.tenant, sha256))
      },
      async events(run) {
        const page = await eventLog.read(run.tenant, run.id, { after: 0, limit: 10_000 })
        return (page?.events ?? []).map(({ json }) => JSON.parse(json))
      },
    }
  })
  afterAll(async () => {
    for (const close of closers) await close()
  })
  return () => {
    if (!bench) throw new Error('The executor is there only inside of tests.')
    return bench
  }
}

const TENANT = 'default'

const EMPTY_PLAN: Plan = {
  plan: 1,
  name: 'test',
  expressions: [],
  schemas: [],
  models: {},
  tools: {},
  limits: { onExceeded: 'fail' },
  bodies: [{ nodes: [] }],
  nodes: [],
  segments: [],
  signals: [],
  longRunning: false,
}

function createLog(lines: LogLine[], redact: (text: string) => string) {
  const at = (level: string) => (fields: object, message?: string) => {
    // As the worker's log would write it: errors with their messages.
    lines.push({ level, message: message ?? '', fields: JSON.parse(redact(JSON.stringify(fields, showErrors))) })
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

const showErrors = (_key: string, value: unknown) =>
  value instanceof Error ? { ...value, message: value.message, stack: value.stack, cause: value.cause } : value

/** `type` of each event after `run.created`, for short. */
export const typesOf = (events: EventEnvelope[]): string[] =>
  events
    .filter(({ type }) => type !== 'run.created')
    .map(({ type, attempt }) => `${type}${attempt === undefined ? '' : ` ${attempt}`}`)

/** The joined deltas of an attempt; fails where an offset does not fit what came before. */
export function textOf(events: EventEnvelope[], attempt = 1): string {
  let joined = ''
  for (const event of events) {
    if (event.type !== 'node.delta' || event.attempt !== attempt || !('text' in event.data)) continue
    const offset = [...joined].length
    if (event.data.offset !== offset) throw new Error(`A delta has the offset ${event.data.offset}, not ${offset}.`)
    joined += event.data.text
  }
  return joined
}

export const llm = (prompt: string, model: object = {}): Work => ({
  kind: 'llm',
  model: { provider: 'openai', model: 'scripted', ...model },
  messages: [{ role: 'user', content: prompt }],
})
