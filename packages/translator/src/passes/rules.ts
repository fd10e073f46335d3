import type { IrNode } from '@treadle/contract'
import type { Findings } from '../diagnostics/findings.ts'
import { parseDuration } from '../program/duration.ts'
import { isRecord } from '../program/is-record.ts'
import type { Program, ProgramNode, ProgramTool } from '../program/program.ts'
import { child } from '../source/pointer.ts'

/** What the schema of the IR cannot say, or only in words that nobody understands: fields that need or rule out each other. */
export function checkRules(program: Program, findings: Findings): void {
  for (const node of program.nodes) {
    checkChoices(node, findings)
    checkTimes(node, findings)
    checkEffects(node, findings)
    checkRuntime(node, program, findings)
  }
  for (const tool of program.tools.values()) checkTool(tool, findings)
}

/** Of two fields exactly one. */
const CHOICES: Partial<Record<IrNode['kind'], [string, string]>> = {
  llm: ['prompt', 'messages'],
  wait: ['for', 'until'],
}

function checkChoices({ ir, pointer }: ProgramNode, findings: Findings): void {
  const choice = CHOICES[ir.kind]
  if (!choice) return
  const [first, second] = choice
  const given = choice.filter((field) => Object.hasOwn(ir, field))
  const spot = { at: 'key' } as const
  if (given.length === 2) {
    const message = `"${first}" and "${second}" say the same thing in two ways`
    findings.add({ code: 'conflicting-fields', path: pointer, message, spot })
  } else if (given.length === 0) {
    const message = `this ${ir.kind} needs the field "${first}" or the field "${second}"`
    findings.add({ code: 'missing-field', path: pointer, message, hint: `add "${first}"`, spot })
  }
}

/** Ten years: more is a slip, and would not fit where times are added up. */
const DURATION_MAX_MS = 3650 * 86_400_000

function checkTimes({ ir, pointer }: ProgramNode, findings: Findings): void {
  const times: [unknown, string][] = [
    [ir.timeout, '/timeout'],
    [isRecord(ir.retry) ? ir.retry.initialInterval : undefined, '/retry/initialInterval'],
    [isRecord(ir.retry) ? ir.retry.maxInterval : undefined, '/retry/maxInterval'],
    [isRecord(ir.cache) ? ir.cache.ttl : undefined, '/cache/ttl'],
  ]
  if (ir.kind === 'wait' && typeof ir.for === 'string' && !ir.for.includes('${')) {
    const path = `${pointer}/for`
    if (parseDuration(ir.for) === undefined) {
      findings.add({ code: 'wrong-value', path, message: `"${ir.for}" is no time span such as "10m" or "1h30m"` })
    }
    times.push([ir.for, '/for'])
  }
  for (const [text, at] of times) {
    const ms = parseDuration(text)
    if (ms === undefined || (ms > 0 && ms <= DURATION_MAX_MS)) continue
    const message = ms === 0 ? 'this time span is zero' : 'this time span is longer than ten years'
    findings.add({ code: 'wrong-value', path: pointer + at, message })
  }
}

function checkEffects({ ir, pointer }: ProgramNode, findings: Findings): void {
  const unused = (field: string, message: string) =>
    findings.add({ code: 'no-effect', path: child(pointer, field), message, spot: { at: 'key' } })
  if (ir.kind === 'receive' && 'default' in ir && ir.timeout === undefined) {
    unused('default', 'without "timeout" this receive waits until its signal comes, so "default" is never taken')
  }
  if (ir.kind === 'loop' && ir.until === undefined && ir.onMax === 'fail') {
    unused('onMax', 'without "until" the loop always reaches its "max", so it would always fail')
  }
  if (ir.kind === 'agent' && Array.isArray(ir.approve) && !Array.isArray(ir.tools)) {
    unused('approve', 'this agent has no tools')
  }
  if (ir.runtime !== undefined && !EXECUTED.has(ir.kind)) {
    unused('runtime', `a ${ir.kind} is executed by the workflow itself`)
  }
  if (ir.cache !== undefined && !CACHED.has(ir.kind)) unused('cache', `the result of a ${ir.kind} is not cached`)
}

const EXECUTED = new Set<string>(['llm', 'agent', 'tool', 'emit', 'checkpoint'])
const CACHED = new Set<string>(['llm', 'tool'])

function checkRuntime({ ir, pointer }: ProgramNode, program: Program, findings: Findings): void {
  if (ir.kind !== 'tool' || ir.runtime === undefined || typeof ir.tool !== 'string') return
  const tool = program.tools.get(ir.tool)
  if (tool?.ir.kind !== 'function' || ir.runtime === (tool.ir.runtime ?? 'typescript')) return
  findings.add({
    code: 'conflicting-fields',
    path: child(pointer, 'runtime'),
    message: `the function of "${ir.tool}" is registered in ${tool.ir.runtime ?? 'typescript'}`,
    hint: 'take "runtime" out: the tool says where its function is',
    related: [{ path: tool.pointer, message: 'the tool is here' }],
  })
}

function checkTool({ ir, pointer }: ProgramTool, findings: Findings): void {
  const isReading = ir.kind === 'http' && (ir.method === undefined || ir.method === 'GET' || ir.method === 'HEAD')
  if (ir.kind === 'http' && 'body' in ir && isReading) {
    const message = `a ${ir.method ?? 'GET'} request has no body`
    const hint = 'add "method: POST", or put the values into "query"'
    findings.add({ code: 'conflicting-fields', path: child(pointer, 'body'), message, hint, spot: { at: 'key' } })
  }
  if (parseDuration(ir.timeout) === 0) {
    findings.add({ code: 'wrong-value', path: child(pointer, 'timeout'), message: 'this time span is zero' })
  }
}
