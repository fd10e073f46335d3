import { fileURLToPath } from 'node:url'
import { Connection } from '@temporalio/client'
import type { Payloads } from '@treadle/contract'
import { beforeAll, describe, expect, test } from 'vitest'
import { NEW, OLD } from '../support/encryption-key.ts'
import { goWorker, pythonWorker } from '../support/language-workers.ts'
import { useStack } from '../support/use-stack.ts'
import { collect, createClient, faultsOf } from './support/client.ts'
import { followUntil } from './support/follow-until.ts'

// The API knows both keys before anybody encrypts with the new one: the first step of a rotation.
const stack = useStack({
  apiEnv: { TREADLE_ENCRYPTION_KEYS: `${OLD},${NEW}` },
  workerEnv: { TREADLE_ENCRYPTION_KEYS: OLD },
})
const client = () => createClient(stack().url)

const MARK = 'what-nobody-may-see'
const ASK = {
  ir: 'treadle/v1',
  name: 'sealed',
  models: { fast: { provider: 'openai', model: 'scripted' } },
  nodes: {
    draft: { kind: 'llm', model: 'fast', prompt: 'About ${input.text}' },
    person: { kind: 'receive', signal: 'go', after: ['draft'] },
    last: { kind: 'llm', model: 'fast', prompt: 'Then ${nodes.person.text}' },
  },
  output: { draft: '${nodes.draft}', last: '${nodes.last}' },
}

/** Every payload of the run's history, as Temporal keeps it. */
const payloadsOf = async (id: string): Promise<Payloads['payloads']> => payloadsIn(await historyOf(id))

async function historyOf(id: string) {
  const connection = await Connection.connect({ address: stack().temporalAddress })
  try {
    const { history } = await connection.workflowService.getWorkflowExecutionHistory({
      namespace: 'default',
      execution: { workflowId: `default:${id}` },
    })
    return history?.events ?? []
  } finally {
    await connection.close()
  }
}

function payloadsIn(part: unknown): Payloads['payloads'] {
  if (typeof part !== 'object' || part === null) return []
  const { metadata, data } = part as { metadata?: Record<string, Uint8Array>; data?: Uint8Array }
  if (metadata?.encoding && data instanceof Uint8Array) {
    const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
    return [
      {
        metadata: Object.fromEntries(Object.entries(metadata).map(([name, bytes]) => [name, base64(bytes)])),
        data: base64(data),
      },
    ]
  }
  return Object.values(part).flatMap(payloadsIn)
}

/** A status; the marker of a patch; that of a local activity. */
const PLAIN =
  /^("[a-z]+"|\{"id":"[a-z-]+","deprecated":false\}|\{"seq":\d+,"attempt":\d+,.*"activity_type":"[a-zA-Z]+".*\})$/

const plain = (base64: unknown) => Buffer.from(String(base64), 'base64').toString()

test('Temporal sees nothing of a run but ciphertext; a key is exchanged while it waits, and those who may can read it', async () => {
  stack().model.when({ prompt: 'About' }, [{ text: `draft ${MARK}` }])
  stack().model.when({ prompt: 'Then' }, [{ text: `last ${MARK}` }])
  const { id } = await client().start({ ir: ASK, input: { text: MARK } })
  await followUntil(client(), id, 'run.waiting')

  const [first] = stack().workers
  await first?.stop()
  await stack().startWorker({ TREADLE_ENCRYPTION_KEYS: `${NEW},${OLD}` })
  expect((await client().post(`/runs/${id}/signals/go`, { text: MARK })).status).toBe(202)
  expect((await client().result(id)).output).toEqual({ draft: `draft ${MARK}`, last: `last ${MARK}` })

  const payloads = await payloadsOf(id)
  const values = payloads.filter(({ metadata }) => plain(metadata?.encoding) === 'binary/encrypted')
  expect(values.length).toBeGreaterThan(8)
  // Plain are search attributes, which Temporal has to read, and what the SDK notes of local activities (number, type, time) and patches.
  for (const { metadata, data } of payloads.filter((each) => !values.includes(each)))
    expect(metadata?.type !== undefined || PLAIN.test(plain(data)) ? '' : plain(data)).toBe('')
  for (const { data } of payloads) expect(plain(data)).not.toContain(MARK)
  expect(new Set(values.map(({ metadata }) => plain(metadata?.['encryption-key-id'])))).toEqual(new Set(['old', 'new']))

  const answer = await client().post('/codec/decode', { payloads: values })
  const decoded = ((await answer.json()) as Payloads).payloads
  expect(answer.status).toBe(200)
  expect(decoded.map(({ metadata }) => plain(metadata?.encoding))).toEqual(
    values.map(() => expect.stringMatching(/^(json\/plain|binary\/null)$/)),
  )
  expect(decoded.filter(({ data }) => plain(data).includes(MARK)).length).toBeGreaterThan(4)
})

test('what cannot be decrypted is a problem of the request, and what was not encrypted comes back as it is', async () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  const open = { metadata: { encoding: base64('json/plain') }, data: base64('{"a":1}') }
  expect(await (await client().post('/codec/decode', { payloads: [open] })).json()).toEqual({ payloads: [open] })
  const unknown = {
    metadata: { encoding: base64('binary/encrypted'), 'encryption-key-id': base64('lost') },
    data: base64('x'.repeat(40)),
  }
  const refused = await client().post('/codec/decode', { payloads: [unknown] })
  expect([refused.status, ((await refused.json()) as { detail: string }).detail]).toEqual([
    400,
    'There is no key lost to decrypt with.',
  ])
})

describe('workers of other languages', () => {
  const examples = fileURLToPath(new URL('../../examples/', import.meta.url))

  // The first build of the Go worker compiles what it is made of.
  beforeAll(async () => {
    const keys = { TREADLE_ENCRYPTION_KEYS: `${NEW},${OLD}` }
    const python = await pythonWorker(`${examples}python-tools`)
    await stack().startWorker({ ...keys, TREADLE_FUNCTIONS: 'my_tools' }, python)
    await stack().startWorker(keys, await goWorker(`${examples}go-tools`))
  }, 600_000)

  test('read what is encrypted, and show Temporal neither their results nor the details of their failures', async () => {
    const tool = (name: string, runtime: string) => ({ kind: 'function', name, runtime })
    stack().model.when({ prompt: 'Python says' }, [{ text: `said ${MARK}` }])
    const { id } = await client().start({
      ir: {
        ir: 'treadle/v1',
        name: 'sealed-in-all-languages',
        models: { fast: { provider: 'openai', model: 'scripted' } },
        tools: { score: tool('score_text', 'python'), rank: tool('rank', 'go') },
        nodes: {
          scored: { kind: 'tool', tool: 'score', args: { text: '${input.text}' } },
          ranked: { kind: 'tool', tool: 'rank', args: { items: [{ text: '${input.text}', score: 1 }] } },
          said: { kind: 'llm', model: 'fast', runtime: 'python', prompt: 'Python says ${nodes.ranked.best.text}' },
          failed: {
            kind: 'tool',
            tool: 'score',
            args: { text: '' },
            after: ['said'],
            catch: [{ on: ['nothing_to_score'], do: { kind: 'set', value: 'caught' } }],
          },
        },
        output: {
          scored: '${nodes.scored}',
          best: '${nodes.ranked.best}',
          said: '${nodes.said}',
          failed: '${nodes.failed}',
        },
      },
      input: { text: MARK },
    })
    const events = await collect(client().follow(id))
    expect(faultsOf(events)).toEqual([])
    expect(await client().result(id)).toMatchObject({
      status: 'completed',
      output: { scored: { score: 1 }, best: { text: MARK }, said: `said ${MARK}`, failed: 'caught' },
    })
    const history = await historyOf(id)
    const ends = Object.fromEntries(
      history.flatMap(({ activityTaskCompletedEventAttributes: done, activityTaskFailedEventAttributes: failed }) => {
        const started = history.find(({ eventId }) => `${eventId}` === `${(done ?? failed)?.scheduledEventId}`)
        const { activityId, taskQueue } = started?.activityTaskScheduledEventAttributes ?? {}
        const payloads = done?.result?.payloads ?? failed?.failure?.applicationFailureInfo?.details?.payloads ?? []
        const encodings = payloads.map(({ metadata }) => Buffer.from(metadata?.encoding ?? []).toString())
        return done || failed ? [[`${activityId} of ${taskQueue?.name}`, encodings]] : []
      }),
    )
    expect(ends).toMatchObject({
      'scored of treadle-python': ['binary/encrypted'],
      'said of treadle-python': ['binary/encrypted'],
      'failed of treadle-python': ['binary/encrypted'],
      'ranked of treadle-go': ['binary/encrypted'],
    })
    for (const { data } of payloadsIn(history)) expect(plain(data)).not.toContain(MARK)
  })
})
