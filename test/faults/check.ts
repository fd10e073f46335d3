import { textOf } from '../e2e/support/client.ts'
import {
  endFaults,
  eventsOf,
  findSecret,
  heldSessions,
  overcalled,
  replayFaults,
  stuckRuns,
} from '../support/invariants.ts'
import { type Persist, persistently, type Story } from './client.ts'
import { CANARY, WORDS, type World } from './world.ts'

/** What has to hold of a run, whatever happened to it: each line that comes back is a violation. */
export async function violations(world: World, story: Story, persist: Persist): Promise<string[]> {
  const { stack, calls } = world
  const frames = await persistently(() => framesOf(stack.url, story.runId), persist)
  const events = eventsOf(frames)
  const found = [...(await endFaults(stack, events)), ...overcalled(events, calls)]
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

  const received = events.filter(({ type }) => type === 'signal.received')
  must(received.length === story.signals.length, `${received.length} signals are in the log`)
  const again = await persistently(() => startAgain(stack.url, story), persist)
  must(again.id === story.runId, `the same request started ${again.id} too`)
  if (story.fork) {
    must(same(story.fork.result.output, story.expected.output), `the fork gave ${JSON.stringify(story.fork.result)}`)
    must(!calls.has(`${story.fork.runId}/a`), 'the fork executed what it has taken over')
  }
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

/** What has to hold of the stack, once all runs have ended. */
export async function violationsOfWorld({ stack }: World, runs: readonly string[]): Promise<string[]> {
  return [
    ...(await stuckRuns(stack)),
    ...(await replayFaults(stack, runs)),
    ...(await heldSessions(stack)),
    ...(await findSecret(stack, CANARY)),
  ]
}
