// A worker process of the model test: claims, appends, ends, forgets and comes back at random, on runs that it shares with others.
// It runs on the build, as a worker does. Arguments: URL, seed, runs as JSON. It tells on stdout, a line of JSON each, what was answered.
import { createAppender, createPool } from '@treadle/storage'

const [url, seed, runsJson] = process.argv.slice(2)
const runs = JSON.parse(runsJson)
const PATHS = Array.from('abcdefghijkl')
const OUTBOX_LENGTH = 60

let state = Number(seed)
const random = (below) => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((state / 2 ** 32) * below)
}
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

const pool = createPool({ url, applicationName: 'writer', max: 1 })
// Now and then a statement is committed and its answer is lost: the appender cannot know, and sends it again.
const query = pool.query.bind(pool)
pool.query = async (...statement) => {
  const result = await query(...statement)
  if (random(10) === 0) throw new Error('The connection was lost after the commit.')
  return result
}
const appender = createAppender({ pool })
const attempts = [] // What this process believes to hold, zombies included.
const applied = new Map()

/** Every process makes the same outbox for a run, as replays of one workflow would. */
const outboxEvent = (n) =>
  n === OUTBOX_LENGTH
    ? { n, type: 'run.completed', data: { output: n } }
    : n % 10 === 0
      ? { n, type: 'node.cancelled', node: PATHS[n / 10 - 1], ifOpen: true, data: {} }
      : { n, type: 'log', data: { level: 'info', message: `outbox ${n}` } }

/** Pieces of text of several bytes and code points; the offset of the piece `ordinal` is known from its number. */
const piece = (ordinal) => ({ text: '<🌍>', offset: (ordinal - 1) * 3 })

function outboxFor(run) {
  const from = (applied.get(run.id) ?? 0) + 1
  const to = Math.min(from + random(3) - 1, OUTBOX_LENGTH)
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => outboxEvent(from + index))
}

async function claim() {
  const run = runs[random(runs.length)]
  const path = PATHS[random(PATHS.length)]
  const answer = await appender.claim({ run, path, kind: 'llm', runtime: 'typescript', outbox: outboxFor(run) })
  applied.set(run.id, answer.outboxApplied)
  tell({ run: run.id, path, claimed: answer })
  if (answer.status === 'claimed') attempts.push({ run, path, attempt: answer.attempt, ordinal: 0, over: false })
}

async function append(held) {
  const first = held.ordinal + 1
  held.ordinal += 1 + random(4)
  const calls = []
  for (let ordinal = first; ordinal <= held.ordinal; ordinal++) {
    const events = [{ ordinal, type: 'node.delta', data: piece(ordinal) }]
    calls.push(appender.append({ ...held, events }).then(({ accepted }) => (accepted ? ordinal : 0)))
  }
  const stored = Math.max(...(await Promise.all(calls)))
  if (stored < first + calls.length - 1) held.over = true
  tell({ run: held.run.id, path: held.path, attempt: held.attempt, stored })
}

async function end(held) {
  const ordinal = ++held.ordinal
  const error = { type: 'unavailable', message: 'no' }
  const ends = [
    { type: 'node.completed', ordinal, output: { attempt: held.attempt } },
    { type: 'node.retrying', ordinal, error, delayMs: 0 },
    { type: 'node.retrying', ordinal, error, delayMs: 0 },
    { type: 'node.failed', ordinal, error, caught: true },
  ]
  const chosen = ends[random(20) === 0 ? random(4) : 1 + random(2)]
  const { accepted } = await appender.end({ ...held, events: [], end: chosen })
  held.over = true
  if (accepted) tell({ run: held.run.id, path: held.path, attempt: held.attempt, ended: chosen.type })
}

async function record() {
  const run = runs[random(runs.length)]
  const answer = await appender.record({ run, outbox: outboxFor(run) })
  applied.set(run.id, answer.outboxApplied)
}

for (;;) {
  const steps = Array.from({ length: 1 + random(4) }, () => {
    const held = attempts[random(attempts.length)]
    const dice = random(20)
    if (dice < 3 || !held) return claim
    if (dice < 4) return record
    if (dice < 6) return () => (held.over ? append(held) : end(held))
    return () => append(held)
  })
  await Promise.all(steps.map((step) => step()))
}
