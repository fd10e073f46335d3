import { Client, Connection } from '@temporalio/client'
import { type EventEnvelope, workflowIdOf } from '@treadle/contract'
import { faultsOf, textOf, typesOf } from '../e2e/support/client.ts'
import { persistently, type Story } from './client.ts'
import { WORDS, type World } from './world.ts'

/** What has to hold of a run, whatever happened to it: each line that comes back is a violation. */
export async function violations(world: World, story: Story, deadlineMs: number): Promise<string[]> {
  const { stack, calls } = world
  const frames = await persistently(() => framesOf(stack.url, story.runId), deadlineMs)
  const events = frames.map((frame) => ({
    id: '',
    ...(JSON.parse(/^data: (.*)$/m.exec(frame)?.[1] ?? '') as EventEnvelope),
  }))
  const found: string[] = [...faultsOf(events)]
  const must = (holds: boolean, what: string) => {
    if (!holds) found.push(what)
  }

  for (const reading of story.readings) must(same(reading, frames), 'a reader saw something else than the log')
  must(events.at(-1)?.type === `run.${story.expected.status}`, `ended by ${events.at(-1)?.type}`)
  must(
    story.result.status === story.expected.status,
    `the result says ${story.result.status}: ${JSON.stringify(story.result)}`,
  )
  if ('output' in story.expected)
    must(
      same(story.result.output, story.expected.output),
      `the output is ${JSON.stringify(story.result.output)?.slice(0, 300)}`,
    )
  if (story.program === 'tokens of a model')
    must(textOf(events, 'answer') === WORDS.join(''), 'the tokens are not those of the answer')

  // A path is called once for each attempt in the log at most, so never again once it has its checkpoint.
  const starts = typesOf(events).filter((line) => line.startsWith('node.started '))
  for (const [key, count] of calls) {
    const [runId, path] = [key.slice(0, key.indexOf('/')), key.slice(key.indexOf('/') + 1)]
    if (runId !== story.runId) continue
    const attempts = starts.filter((line) => line === `node.started ${path}`).length
    must(count <= attempts, `${path} was called ${count} times in ${attempts} attempts`)
  }

  const received = events.filter(({ type }) => type === 'signal.received')
  must(received.length === story.signals.length, `${received.length} signals are in the log`)
  const again = await persistently(() => startAgain(stack.url, story), deadlineMs)
  must(again.id === story.runId, `the same request started ${again.id} too`)
  if (story.fork) {
    must(same(story.fork.result.output, story.expected.output), `the fork gave ${JSON.stringify(story.fork.result)}`)
    must(!calls.has(`${story.fork.runId}/a`), 'the fork executed what it has taken over')
  }
  must(
    (await engineStatus(stack.temporalAddress, story.runId)) === story.expected.status.toUpperCase(),
    'Temporal says otherwise',
  )
  return found.map((what) => `${story.program} (${story.runId}): ${what}`)
}

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)

async function framesOf(url: string, runId: string) {
  const answer = await fetch(`${url}/runs/${runId}/stream`)
  const text = await answer.text()
  return { status: answer.status, body: text.split('\n\n').filter((frame) => frame.startsWith('id: ')) }
}

async function startAgain(url: string, { started }: Story) {
  const headers = { 'content-type': 'application/json', 'idempotency-key': started.key }
  const answer = await fetch(`${url}/runs`, { method: 'POST', headers, body: JSON.stringify(started.body) })
  return { status: answer.status, body: (await answer.json()) as { id: string } }
}

async function engineStatus(address: string, runId: string): Promise<string> {
  const connection = await Connection.connect({ address })
  try {
    const handle = new Client({ connection }).workflow.getHandle(workflowIdOf('default', runId))
    await handle.result().catch(() => {})
    return (await handle.describe()).status.name
  } finally {
    await connection.close()
  }
}
