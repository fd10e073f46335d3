import { createBridge } from '@treadle/bridge'
import { DEFAULT_TENANT, type RunState, workflowIdOf } from '@treadle/contract'
import { expect, onTestFinished, test } from 'vitest'
import { useStack } from '../support/use-stack.ts'
import { createClient } from './support/client.ts'
import { REVIEW } from './support/documents.ts'
import { followUntil } from './support/follow-until.ts'

const stack = useStack()

test('Postgres and the workflow itself say the same of a run’s state, while it waits and after its end', async () => {
  const { client, stored, queried } = open()
  stack().model.enqueue([{ text: 'Dear Ada' }])
  const { id } = await client.start({ ir: REVIEW })

  await followUntil(client, id, 'run.waiting')
  expect(await stored(id)).toMatchObject({
    status: 'waiting',
    nodes: { draft: { status: 'completed', output: 'Dear Ada' }, approval: { status: 'running' } },
  })
  expect(await stored(id)).toEqual(await queried(id))

  await client.post(`/runs/${id}/signals/approve`, { ok: true })
  await client.result(id)
  expect(await stored(id)).toMatchObject({ status: 'completed', nodes: { approval: { output: { ok: true } } } })
  expect(await stored(id)).toEqual(await queried(id))
})

test('so they do of what was skipped, what failed, and what that broke off', async () => {
  const { client, stored, queried } = open()
  stack().model.enqueue([{ error: { status: 401, message: 'no such key' } }])
  const { id } = await client.start({
    ir: {
      ir: 'treadle/v1',
      name: 'ends',
      models: { fast: { provider: 'openai', model: 'scripted' } },
      nodes: {
        never: { kind: 'set', when: 'false', value: 1 },
        answer: { kind: 'llm', model: 'fast', prompt: 'Question' },
        person: { kind: 'receive', signal: 'go' },
      },
    },
  })
  await client.result(id)
  expect(await stored(id)).toMatchObject({
    status: 'failed',
    nodes: {
      never: { status: 'skipped' },
      answer: { status: 'failed', error: { type: 'auth' } },
      person: { status: 'cancelled' },
    },
  })
  expect(await stored(id)).toEqual(await queried(id))
})

/** Both ways to a run's state; closed with the test. */
function open() {
  const client = createClient(stack().url)
  const bridge = createBridge({ address: stack().temporalAddress, namespace: 'default' })
  onTestFinished(() => bridge.close())
  return {
    client,
    stored: async (id: string) => (await (await client.get(`/runs/${id}/state`)).json()) as RunState,
    queried: async (id: string) => {
      const answer = await bridge.queryState(workflowIdOf(DEFAULT_TENANT, id))
      // The workflow knows no `seq`: the log gives them.
      return answer.outcome === 'answered' ? { ...(answer.state as RunState), asOfSeq: expect.any(Number) } : answer
    },
  }
}
