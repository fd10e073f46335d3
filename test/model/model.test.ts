import type { Json } from '@treadle/contract'
import { answerByPath, arbitraryDocument, planOf, play, type TestDocument } from '@treadle/interpreter/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { evaluateBody, ModelError } from './evaluate.ts'

const FULL = process.env.TREADLE_TEST_FULL === '1'

test(
  'the interpreter gives what the plain evaluator gives, for random documents',
  () =>
    fc.assert(
      fc.asyncProperty(arbitraryDocument(), fc.nat({ max: 4 }), async (document, n) => {
        const { log, result } = await play(planOf(document), { input: { n }, answers: answerByPath })
        expect(result === 'cut' ? result : shown(result)).toEqual(modelResult(document, { n }))
        expectGrammar(log)
      }),
      { numRuns: FULL ? 20_000 : 300, seed: 20_261_124 },
    ),
  FULL ? 600_000 : undefined,
)

function modelResult(document: TestDocument, input: { n: number }) {
  try {
    const output = evaluateBody(document, '', { input, nodes: {} }, (path) => {
      const answer = answerByPath(path)
      if (typeof answer === 'object' && 'error' in answer) throw new ModelError(answer.error.type, 'scripted')
      return typeof answer === 'object' ? answer.output : null
    })
    return { output }
  } catch (error) {
    if (error instanceof ModelError) return { error: error.type }
    throw error
  }
}

const shown = (result: { output: Json } | { error: string }) => ('output' in result ? result : { error: result.error })

/** Each node is started once and ended once, or skipped; a failure that is caught is on the way to an end. */
function expectGrammar(log: string[]): void {
  const events = new Map<string, string[]>()
  for (const line of log) {
    const [type = '', node = '', ...rest] = line.split(' ')
    const name = type.slice('node.'.length) + (type === 'node.failed' && rest.includes('caught') ? '+' : '')
    events.set(node, [...(events.get(node) ?? []), name])
  }
  for (const [node, order] of events)
    expect(`${node} ${order.join(' ')}`).toMatch(/^\S+ (skipped|started (failed\+ )?(completed|failed|cancelled))$/)
}
