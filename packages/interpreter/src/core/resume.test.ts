import fc from 'fast-check'
import { expect, test } from 'vitest'
import { answerByPath } from '../testing/answer-by-path.ts'
import { arbitraryDocument } from '../testing/arbitrary-document.ts'
import { planOf, type TestDocument } from '../testing/plan-of.ts'
import { play } from '../testing/play.ts'
import { memoFromJson, memoToJson } from './memo.ts'

const FULL = process.env.TREADLE_TEST_FULL === '1'
const sample = { numRuns: FULL ? 2_000 : 60, seed: 20_261_124 }

test(
  'a run that is cut at any point and goes on by its memo gives the same output and the same remaining events',
  () =>
    fc.assert(
      fc.asyncProperty(arbitraryDocument({ catchAll: true }), fc.nat({ max: 4 }), (document, n) =>
        cutEverywhere(document, { input: { n }, answers: answerByPath }),
      ),
      sample,
    ),
  FULL ? 600_000 : undefined,
)

test('machines, receives, waits and timeouts go on where they were', () =>
  cutEverywhere(
    {
      nodes: {
        m: {
          kind: 'machine',
          start: 'a',
          max: 4,
          states: {
            a: { do: { nodes: { x: { kind: 'llm' }, y: { kind: 'llm' } } }, next: [{ to: 'b' }] },
            b: { do: { kind: 'llm' }, next: [{ when: 'iteration_of_b', to: 'end' }] },
          },
          output: ['${states.a.x}', '${states.b}'],
          catch: [{ on: '*', do: { nodes: { u: { kind: 'llm' }, v: { kind: 'llm' } } } }],
        },
        r: { kind: 'receive', signal: 's', outputSchema: { type: 'integer' } },
        late: { kind: 'receive', signal: 'never', timeoutMs: 50, default: '${nodes.r}' },
        w: { kind: 'wait', forMs: 20 },
        g: {
          kind: 'graph',
          timeoutMs: 70,
          nodes: { a: { kind: 'wait', forMs: 40 }, b: { kind: 'llm', after: ['a'] } },
        },
        slow: {
          kind: 'graph',
          timeoutMs: 30,
          nodes: { a: { kind: 'wait', forMs: 40 } },
          catch: [{ on: ['timeout'], do: { kind: 'llm' } }],
        },
      },
    },
    { signals: { r: 5 } },
  ))

async function cutEverywhere(document: TestDocument, script: Parameters<typeof play>[1]): Promise<void> {
  const plan = planOf(document)
  const whole = await play(plan, script)
  expect(whole.result).not.toBe('cut')
  for (let calls = 0; calls < whole.calls; calls++) {
    const before = await play(plan, { ...script, cutAfter: calls })
    if (before.result !== 'cut') break // What was left was only to end.
    const memo = memoFromJson(JSON.parse(JSON.stringify(memoToJson(before.memo))))
    const after = await play(plan, { ...script, memo, nowMs: before.nowMs })
    expect(after.result).toEqual(whole.result)
    // Who waited side by side may be answered in another order: the events are the same, node by node.
    expect(byNode([...before.log, ...after.log])).toEqual(byNode(whole.log))
  }
}

function byNode(log: string[]): Record<string, string[]> {
  const events: Record<string, string[]> = {}
  for (const line of log) {
    const [type = '', node = ''] = line.split(' ')
    const known = events[node]
    if (known) known.push(type)
    else events[node] = [type]
  }
  return events
}
