import { expect } from 'vitest'
import { planOf, type TestDocument } from './plan-of.ts'
import { type PlayResult, play } from './play.ts'

/**
 * Plays a document and compares the whole log with `expected`: one line for each event (`+` node.started, `-` node.completed, `!` node.failed,
 * `x` node.cancelled, `0` node.skipped, others by their type), then `= output` or `= !type node` for the run.
 */
export async function check(
  document: TestDocument,
  options: Parameters<typeof play>[1],
  expected: string,
): Promise<void> {
  const { log, result } = await play(planOf(document), options)
  const lines = expected
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
  expect([...log.map(shorten), shownResult(result)]).toEqual(lines)
}

const MARKS: Record<string, string> = {
  'node.started': '+',
  'node.completed': '-',
  'node.failed': '!',
  'node.cancelled': 'x',
  'node.skipped': '0',
}

function shorten(line: string): string {
  const [type = '', ...rest] = line.split(' ')
  return [MARKS[type] ?? type, ...rest].join(' ')
}

function shownResult(result: PlayResult): string {
  if (result === 'cut') return '= still waiting'
  return 'output' in result
    ? `= ${JSON.stringify(result.output)}`
    : `= !${[result.error, result.node].filter(Boolean).join(' ')}`
}
