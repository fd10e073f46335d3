import { expect, test } from 'vitest'
import { planOf, type TestDocument } from '../testing/plan-of.ts'
import { play } from '../testing/play.ts'
import type { Script } from '../testing/script-host.ts'

test('smoke', async () => {
  const r = await play(
    planOf({
      nodes: {
        a: { kind: 'set', value: 1 },
        b: { kind: 'llm', prompt: 'x ${nodes.a}' },
        c: { kind: 'set', value: '${nodes.b}' },
      },
    }),
  )
  expect(r.log).toEqual([])
})
