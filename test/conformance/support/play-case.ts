import { text } from 'node:stream/consumers'
import type { WorkflowHandle } from '@temporalio/client'
import {
  activityTaskQueue,
  type EventEnvelope,
  isHandle,
  type Json,
  type NodeTask,
  type RunRef,
  type Runtime,
} from '@treadle/contract'
import type { McpTool, ModelScript, RecordedRequest, ToolBehaviour } from '@treadle/local'
import { PLAN } from '../../storage/support/storage.ts'
import { type Bench, HOST_TASK_QUEUE } from './bench.ts'
import { type Case, type CaseTask, type McpRule, type Step, substitute, type ToolRule } from './case.ts'
import type { conformanceTask, HostedTask, ToldEnd } from './host-workflow.ts'
import { type ShownEvent, shownEvents } from './normalise.ts'

/** All that can be seen of a case, with the names that are this run's own put back to what the case calls them. */
export type Played = {
  ends: ToldEnd[]
  events: ShownEvent[]
  checkpoint: object | undefined
  transcript: object[]
  budget: object | undefined
  calls: { model: number; tools: number; mcp: number; lists: number }
  requests: { headers: object; body: unknown; method: string; path: string; query: object }[]
  outcomes: string[]
  stored: unknown
  /** Everything as text, for secrets to be looked for in. */
  everything: string
}

/** The same in every language: what is counted of requests has to be the same too. */
const PROMPT_LENGTH = 20
const HEARTBEAT_MS = 10_000
const START_TO_CLOSE_MS = 60_000

let played = 0

/** Plays one case against the worker of one language. */
export async function playCase(bench: Bench, wanted: Case, runtime: Runtime): Promise<Played> {
  const { model, tools, mcp } = bench
  played += 1
  const id = `${runtime}-${played}`
  const run = await startRun(bench, wanted)
  const names = {
    PROMPT: `<${id}>`.padEnd(PROMPT_LENGTH, '.'),
    TOOLS: `${tools.url}/${id}`,
    TOOLS_HOST: tools.authority,
    MCP: `${mcp.url}/${id}`,
    MCP_HOST: mcp.authority,
    RUN: run.id,
  }
  const own = substitute(wanted, names) as Case
  for (const answer of own.model ?? []) model.when({ prompt: names.PROMPT }, withGates(answer, id), { times: 1 })
  for (const rule of own.tools ?? []) addRule(bench, rule, id)
  mcp.serve(
    (own.mcp ?? []).map((rule) => mcpTool(rule, id)),
    { at: `/${id}` },
  )

  const handles: WorkflowHandle<typeof conformanceTask>[] = []
  const play = (step: Step) => takeStep(bench, { step, run, id, runtime, handles, path: own.tasks[0]?.path ?? 'node' })
  for (const step of own.first ?? []) await play(step)

  const ends: ToldEnd[] = []
  for (const [index, task] of own.tasks.entries()) {
    const hosted = hostedTask(task, run, runtime)
    const handle = await bench.client.workflow.start<typeof conformanceTask>('conformanceTask', {
      workflowId: `${id}-${index}`,
      taskQueue: HOST_TASK_QUEUE,
      args: [hosted],
    })
    handles.push(handle)
    const steps = index === 0 ? takeSteps(own.meanwhile ?? [], play) : undefined
    const [end] = await Promise.all([handle.result(), steps])
    ends.push(end)
  }

  const asked = (request: RecordedRequest) => JSON.stringify(request.body ?? '').includes(names.PROMPT)
  const modelRequests = model.requests.filter(asked)
  const toolRequests = tools.requests.filter(({ path }) => path.startsWith(`/${id}/`))
  const mcpRequests = (wantedMethod: string) =>
    mcp.requests.filter(
      ({ path, body }) => path === `/${id}` && (body as { method?: string } | undefined)?.method === wantedMethod,
    )
  const requests = [...modelRequests, ...toolRequests, ...mcpRequests('tools/call')]
  const events = await readEvents(bench, run)
  const checkpoint = await readCheckpoint(bench, run, own.tasks.at(-1)?.path ?? 'node')
  const stored = await readStored(bench, run, ends.at(-1))
  const transcript = await readTranscript(bench, run)
  const back = (value: unknown) => putBack(value, { ...names, TOOLS_PATH: `/${id}` })
  return {
    ends: back(ends) as ToldEnd[],
    events: back(shownEvents(events, runtime)) as ShownEvent[],
    checkpoint: back(checkpoint) as object | undefined,
    transcript: back(transcript) as object[],
    budget: await readBudget(bench, run),
    calls: {
      model: modelRequests.length,
      tools: toolRequests.length,
      mcp: mcpRequests('tools/call').length,
      lists: mcpRequests('tools/list').length,
    },
    requests: requests.map(
      ({ headers, body, method, path, query }) => back({ headers, body, method, path, query }) as Played['requests'][0],
    ),
    outcomes: await Promise.all(requests.map(({ ended }) => ended)),
    stored: back(stored),
    everything: JSON.stringify([ends, events, checkpoint, stored, transcript]),
  }
}

function startRun({ storage }: Bench, { run: { workflow, tags, limits } = {} }: Case): Promise<RunRef> {
  const plan = { ...PLAN, limits: { onExceeded: 'fail' as const, ...limits } }
  return storage.startRun({
    plan: { hash: `conformance ${JSON.stringify(limits ?? {})}`, plan },
    ...(workflow && { workflow }),
    ...(tags && { tags }),
  })
}

async function takeSteps(steps: readonly Step[], play: (step: Step) => Promise<void>): Promise<void> {
  for (const step of steps) await play(step)
}

function hostedTask({ host, ...task }: CaseTask, run: RunRef, runtime: Runtime): HostedTask {
  return {
    task: { task: 1, run, path: 'node', retry: {}, outbox: [], ...task } as NodeTask,
    taskQueue: activityTaskQueue(runtime),
    heartbeatMs: host?.heartbeatMs ?? HEARTBEAT_MS,
    startToCloseMs: host?.startToCloseMs ?? START_TO_CLOSE_MS,
  }
}

type StepParts = {
  step: Step
  run: RunRef
  id: string
  runtime: Runtime
  path: string
  handles: WorkflowHandle<typeof conformanceTask>[]
}

async function takeStep(bench: Bench, { step, run, id, runtime, path, handles }: StepParts): Promise<void> {
  const { storage, model, tools, mcp } = bench
  const servers = [model, tools, mcp]
  if ('logged' in step) return untilLogged(bench, run, step.logged)
  if ('reached' in step) return Promise.race(servers.map((server) => server.reached(gateOf(id, step.reached))))
  if ('open' in step) {
    for (const server of servers) server.open(gateOf(id, step.open))
  } else if ('cancel' in step) {
    if (step.cancel === 'activity') await handles[0]?.cancel()
    else await storage.runs.requestCancel(run.tenant, run.id)
  } else if ('claim' in step) {
    for (let count = 0; count < step.claim; count += 1) {
      await storage.appender.claim({ run, path, kind: 'llm', runtime, outbox: [] })
    }
  } else if ('end' in step) {
    await storage.appender.record({ run, outbox: [{ n: 1, type: 'run.completed', data: { output: null } }] })
  } else {
    await moveWorker(bench, runtime, step.worker)
  }
}

async function moveWorker(bench: Bench, runtime: Runtime, how: Extract<Step, { worker: unknown }>['worker']) {
  const worker = bench.workerOf(runtime)
  if (how === 'start') return worker.start()
  if (how === 'freeze') return worker.child.signal('SIGSTOP')
  if (how === 'thaw') return worker.child.signal('SIGCONT')
  worker.child.signal(how === 'kill' ? 'SIGKILL' : 'SIGTERM')
  await worker.child.exited
}

async function untilLogged({ storage }: Bench, run: RunRef, wanted: string): Promise<void> {
  for await (const batch of storage.log.stream(run.tenant, run.id, { after: 0 })) {
    if (batch.some(({ type, json }) => wanted === `${type} ${(JSON.parse(json) as EventEnvelope).attempt}`)) return
  }
  throw new Error(`The run ended without ${wanted}.`)
}

const gateOf = (id: string, name: string) => `${id} ${name}`

const withGates = (script: ModelScript, id: string): ModelScript =>
  script.map((step) => ('gate' in step ? { gate: gateOf(id, step.gate) } : step))

function addRule({ tools }: Bench, { path, method, times, answer }: ToolRule, id: string): void {
  const { echo, gate, ...rest } = answer
  const own = { ...rest, ...(gate !== undefined && { gate: gateOf(id, gate) }) }
  const behaviour: ToolBehaviour = echo
    ? ({ headers, body, query }) => ({
        ...own,
        json: { headers: { authorization: headers.authorization }, query, body: body ?? null },
      })
    : own
  tools.when(
    { path: `/${id}${path}`, ...(method !== undefined && { method }) },
    behaviour,
    times === undefined ? {} : { times },
  )
}

function mcpTool({ answer = {}, ...tool }: McpRule, id: string): McpTool {
  const { echo, gate, ...rest } = answer
  const own = { ...rest, ...(gate !== undefined && { gate: gateOf(id, gate) }) }
  return {
    ...tool,
    answer: (args, { headers, body }) => ({
      ...own,
      ...(echo && { structured: { args, authorization: headers.authorization ?? null } }),
      ...(own.raw !== undefined && { raw: own.raw.replace('$ID', JSON.stringify((body as { id: unknown }).id)) }),
    }),
  }
}

async function readEvents({ storage }: Bench, run: RunRef): Promise<EventEnvelope[]> {
  const page = await storage.log.read(run.tenant, run.id, { after: 0, limit: 10_000 })
  return (page?.events ?? []).map(({ json }) => JSON.parse(json) as EventEnvelope)
}

async function readCheckpoint({ storage }: Bench, run: RunRef, path: string): Promise<object | undefined> {
  const { rows } = await storage.admin.query<{ usage: unknown; name: unknown }>(
    'select attempt, output, usage, name from treadle.checkpoints where tenant = $1 and run_id = $2 and path = $3',
    [run.tenant, run.id, path],
  )
  const [row] = rows
  return row && Object.fromEntries(Object.entries(row).filter(([key, value]) => value !== null || key === 'output'))
}

async function readTranscript({ storage }: Bench, run: RunRef): Promise<object[]> {
  const { rows } = await storage.admin.query<object>(
    'select agent, turn, message from treadle.transcripts where tenant = $1 and run_id = $2 order by agent, turn, position',
    [run.tenant, run.id],
  )
  return rows
}

async function readBudget({ storage }: Bench, run: RunRef): Promise<object | undefined> {
  const { rows } = await storage.admin.query<object>(
    `select node_runs::integer as "nodeRuns", llm_calls::integer as "llmCalls", tokens::integer as tokens,
      cost_usd::double precision as "costUsd"
    from treadle.budgets where tenant = $1 and run_id = $2`,
    [run.tenant, run.id],
  )
  return rows[0]
}

async function readStored({ blobs }: Bench, run: RunRef, end: ToldEnd | undefined): Promise<unknown> {
  if (!end || !('result' in end) || !isHandle(end.result.output as Json)) return undefined
  const { $blob } = end.result.output as { $blob: { sha256: string } }
  return JSON.parse(await text(await blobs.get(run.tenant, $blob.sha256)))
}

/** The longest first: a name may begin with another. */
function putBack(value: unknown, names: Record<string, string>): unknown {
  const ordered = Object.entries(names).sort(([, a], [, b]) => b.length - a.length)
  const inText = (text: string) =>
    ordered.reduce((so, [name, own]) => so.replaceAll(own, name === 'TOOLS_PATH' ? '' : `$${name}`), text)
  const walk = (part: unknown): unknown => {
    if (typeof part === 'string') return inText(part)
    if (Array.isArray(part)) return part.map(walk)
    if (typeof part !== 'object' || part === null) return part
    return Object.fromEntries(Object.entries(part).map(([key, item]) => [inText(key), walk(item)]))
  }
  return walk(value)
}
