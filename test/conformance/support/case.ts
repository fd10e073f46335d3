import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { NodeTask, PlanLimits, Usage } from '@treadle/contract'
import type { McpAnswer, McpTool, ModelScript, ToolAnswer } from '@treadle/local'
import { parse } from 'yaml'

/** One case of cases/*.yaml, as test/conformance/README.md describes them. */
export type Case = {
  case: string
  /** Which part of the contract the file is about. */
  file: string
  /** Stops, freezes or kills its worker: nothing else runs on that worker meanwhile. */
  alone?: true
  /** The model's answers to this case's prompt, in turn. */
  model?: ModelScript[]
  tools?: ToolRule[]
  /** The tools of this case's MCP server. */
  mcp?: McpRule[]
  /** What is known of the run, and what it may take. */
  run?: { workflow?: { name: string; version?: string }; tags?: Record<string, string>; limits?: Partial<PlanLimits> }
  /** What happens before the first task. */
  first?: Step[]
  /** Executed one after the other, on one run. */
  tasks: CaseTask[]
  /** What happens while the first task is executed, in order. */
  meanwhile?: Step[]
  expect: Expectation
}

export type ToolRule = { path: string; method?: string; times?: number; answer: ToolAnswer & { echo?: true } }

/** `echo`: gives `{ args, authorization }` of the call as structured. */
export type McpRule = Omit<McpTool, 'answer'> & { answer?: McpAnswer & { echo?: true } }

export type CaseTask = Partial<Omit<NodeTask, 'work'>> & { work: unknown; host?: HostOptions }

/** How Temporal hosts it, in milliseconds. */
export type HostOptions = { heartbeatMs?: number; startToCloseMs?: number }

export type Step =
  /** Waits until the run's log has this event: `node.delta 1`. */
  | { logged: string }
  /** Waits until somebody has come to the gate. */
  | { reached: string }
  | { open: string }
  /** `activity`: Temporal asks for it. `run`: the flag of the run. */
  | { cancel: 'activity' | 'run' }
  /** Somebody else claims the path so often: attempts that die, or overtake. */
  | { claim: number }
  /** The run gets its last event. */
  | { end: 'run' }
  | { worker: 'kill' | 'freeze' | 'thaw' | 'start' | 'stop' }

/** What Temporal was told. Texts and values may hold `{ $match: pattern }` or `{ $any: true }`. */
export type ExpectedEnd =
  | { output: unknown; usage?: Usage; outboxApplied?: number }
  | {
      failure: { type: string; message: unknown; details?: unknown; node?: string }
      attempt?: number
      outboxApplied?: number
    }
  | { unrecorded: { type: string; message: unknown } }
  | { cancelled: true }

export type Expectation = {
  ends: ExpectedEnd[]
  /** All that the run's log has after `run.created`, in order; `type attempt`, and ` at path` where it is not `node`. */
  events: Record<string, object>[]
  /** Where the node has none, leave it out. */
  checkpoint?: { attempt: number; output: unknown; usage?: Usage; name?: string }
  /** `mcp` counts calls of tools, `lists` how often the server was asked for them. */
  calls?: { model?: number; tools?: number; mcp?: number; lists?: number }
  /** Parts of what the model, then the tools, then those of MCP were sent. */
  requests?: unknown[]
  /** How the exchanges with model, tools and those of MCP ended. */
  outcomes?: string[]
  /** The rows of what agents were told and said, in order. Where there are none, leave it out. */
  transcript?: { agent: string; turn: number; message: unknown }[]
  /** What counts as used, or reserved, at the end. Of a run without limits leave it out. */
  budget?: { nodeRuns: number; llmCalls: number; tokens: number; costUsd: number }
  /** What the blob of the last output holds. */
  stored?: unknown
}

type RawCase = Omit<Case, 'file' | 'tasks'> & { tasks?: CaseTask[]; task?: CaseTask; each?: Record<string, unknown>[] }

const folder = fileURLToPath(new URL('../cases/', import.meta.url))

/** Every case, those with `each` as often as that says. @throws Error where two have one name */
export function loadCases(): Case[] {
  const cases = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .flatMap((name) =>
      (parse(readFileSync(join(folder, name), 'utf8')) as RawCase[]).flatMap((raw) => expand(name, raw)),
    )
  const names = new Set<string>()
  for (const { case: name } of cases) {
    if (names.has(name)) throw new Error(`Two cases are called "${name}".`)
    names.add(name)
  }
  return cases
}

function expand(file: string, { each = [{}], ...raw }: RawCase): Case[] {
  return each.map((values) => {
    const { task, tasks = task ? [task] : [], ...rest } = substitute(raw, values) as RawCase
    return { file, tasks, ...rest }
  })
}

/** Puts values in the place of `$name`: of the whole text, or within it. `{ $repeat, times }` becomes a long text. */
export function substitute(value: unknown, values: Readonly<Record<string, unknown>>): unknown {
  if (typeof value === 'string') return substituteText(value, values)
  if (Array.isArray(value)) return value.map((item) => substitute(item, values))
  if (typeof value !== 'object' || value === null) return value
  if ('$repeat' in value && 'times' in value) return String(value.$repeat).repeat(Number(value.times))
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [substituteText(key, values), substitute(item, values)]),
  )
}

function substituteText(text: string, values: Readonly<Record<string, unknown>>): unknown {
  const whole = /^\$(\w+)$/.exec(text)?.[1]
  if (whole !== undefined && Object.hasOwn(values, whole)) return values[whole]
  return text.replace(/\$(\w+)/g, (found, name: string) => (Object.hasOwn(values, name) ? String(values[name]) : found))
}
