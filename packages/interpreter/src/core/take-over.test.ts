import type { Json } from '@treadle/contract'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { answerByPath } from '../testing/answer-by-path.ts'
import { arbitraryDocument } from '../testing/arbitrary-document.ts'
import { planOf, type TestDocument } from '../testing/plan-of.ts'
import { type PlayOptions, play } from '../testing/play.ts'

const FULL = process.env.TREADLE_TEST_FULL === '1'
const sample = { numRuns: FULL ? 2_000 : 60, seed: 20_261_126 }

test(
  'a run that takes over what another one had done, up to any point, ends as that one did and executes none of it',
  () =>
    fc.assert(
      fc.asyncProperty(arbitraryDocument({ catchAll: true }), fc.nat({ max: 4 }), (document, n) =>
        forkEverywhere(document, { input: { n }, answers: answerByPath }),
      ),
      sample,
    ),
  FULL ? 600_000 : undefined,
)

test('an agent goes on in the middle of a turn, with the calls that it had made', () =>
  forkEverywhere(
    {
      tools: { look: { kind: 'function', name: 'look', runtime: 'typescript' } },
      nodes: {
        a: { kind: 'agent', instructions: 'Be kind.', input: 'Help', tools: ['look'], approve: ['look'], maxTurns: 3 },
      },
      output: '${nodes.a}',
    },
    {
      answers: {
        'a~0.model': { output: { toolCalls: [0, 1].map((id) => ({ id: `${id}`, name: 'look', arguments: '{}' })) } },
        'a~1.model': { output: { output: 'done' } },
      },
      signals: { 'a~0.tool[0].approve': { ok: true }, 'a~0.tool[1].approve': { ok: false } },
    },
  ))

async function forkEverywhere(document: TestDocument, script: PlayOptions): Promise<void> {
  const plan = planOf(document)
  const whole = await play(plan, script)
  const points = whole.log.flatMap((line): [path: string, output: string][] => {
    const [, path, output] = /^node\.completed (\S+) = (.*)$/.exec(line) ?? []
    return path === undefined || output === undefined ? [] : [[path, output]]
  })
  for (let taken = 0; taken <= points.length; taken++) {
    const reused = new Map<string, Json>()
    for (const [path, output] of points.slice(0, taken)) reused.set(path, JSON.parse(output))
    const fork = await play(plan, { ...script, reused })
    expect(fork.result).toEqual(whole.result)
    expect(fork.requests.filter(({ path }) => reused.has(path))).toEqual([])
    const events = fork.log.filter((line) => reused.has(line.split(' ')[1] ?? ''))
    expect(events).toEqual([])
  }
}
