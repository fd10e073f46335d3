import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { EventEnvelope, RunResult } from '@treadle/contract'
import { answerForExamples, DEMO_SECRETS } from '@treadle/local'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { useStack } from '../support/use-stack.ts'

const stack = useStack({ workerEnv: DEMO_SECRETS })
const folder = fileURLToPath(new URL('../../examples/', import.meta.url))
const ran = new Set<string>()

/** What the example's script prints, and the result that its last line is. Rejects when it fails. */
async function example(name: string, ...args: string[]): Promise<{ output: string; result: RunResult }> {
  ran.add(name)
  const env = { ...process.env, BASE_URL: stack().url, TOOLS_URL: stack().tools.url }
  const { stdout } = await promisify(execFile)(`${folder}${name}.sh`, args, { env, timeout: 50_000 })
  const json = stdout.split('\n').findLast((line) => /^\{"id":.*"status":/.test(line)) ?? 'null'
  return { output: stdout, result: JSON.parse(json) }
}

const eventsIn = (output: string): EventEnvelope[] =>
  output.split('\n').flatMap((line) => (line.startsWith('{"seq":') ? [JSON.parse(line)] : []))

/** Tells the model what to answer where this text is in its prompt. Questions without a rule get a plausible answer. */
const answer = (prompt: string, value: unknown) =>
  stack().model.when({ prompt }, [{ text: typeof value === 'string' ? value : JSON.stringify(value) }])

let carsFail = false
beforeAll(async () => {
  stack().tools.when({ method: 'POST', path: '/trips/car', where: () => carsFail }, { status: 404, json: {} })
  await answerForExamples(stack().tools)
})

test('research: the critic sends the first draft back, and the second one is the report', async () => {
  answer('search queries', { queries: ['battery rules 2023', 'battery recycling EU'] })
  answer('Advice: This is the first draft.', 'Too short.')
  answer('Advice: Say more.', 'Long enough.')
  answer('published? Too short.', { good: false, advice: 'Say more.' })
  answer('published? Long enough.', { good: true, advice: '' })
  const { output, result } = await example('research')
  expect(result).toMatchObject({ status: 'completed', output: { report: 'Long enough.' } })
  const searched = eventsIn(output).filter(({ type }) => type === 'custom.searched')
  expect(searched.map(({ data }) => data)).toEqual(
    expect.arrayContaining([
      { query: 'battery rules 2023', hits: 1 },
      { query: 'battery recycling EU', hits: 1 },
    ]),
  )
})

test('support triage: a person says whether the money goes back', async () => {
  answer('how much money it is about', { label: 'billing', amount: 29.9 })
  answer('refund was paid', 'It is on its way.')
  answer('refund was declined', 'Sorry, no.')
  const paid = await example('support-triage', 'true')
  expect(paid.output).toContain('Refund 29.9 to Mira?')
  expect(paid.result).toMatchObject({
    status: 'completed',
    output: { label: 'billing', reply: 'It is on its way.', refund: 'rf_1' },
  })
  const declined = await example('support-triage', 'false')
  expect(declined.result).toMatchObject({ status: 'completed', output: { reply: 'Sorry, no.', refund: '' } })
})

test('invoice extraction: the second run takes what the first one read from the cache', async () => {
  const invoice = { number: '2026-117', currency: 'EUR', net: 100, tax: 19, total: 119 }
  answer('Invoice 2026-117', invoice)
  answer('Rechnung Nr. 88', { ...invoice, number: '88', net: 40, tax: 7.6, total: 50 })
  const { output, result } = await example('invoice-extraction')
  expect(result).toMatchObject({
    status: 'completed',
    output: { good: [{ id: 'mail-1', invoice }], doubtful: [{ id: 'mail-2' }], counts: { good: 1, doubtful: 1 } },
  })
  expect(output).toContain('Model calls of the first run: 2')
  expect(output).toContain('Model calls of the second run: 0')
})

test('booking agent: it looks for a room, a person allows the booking, and it says what it has done', async () => {
  const { model } = stack()
  const call = (name: string, args: object) => [{ toolCall: { name, arguments: args } }]
  model.when({ prompt: '"bk_1"' }, [
    { text: JSON.stringify({ booked: true, room: 'Elbe', summary: 'Elbe is yours.' }) },
  ])
  model.when({ prompt: '"seats":8' }, call('book', { room: 'Elbe', day: '2026-12-01' }))
  model.when({ prompt: 'You book meeting rooms.' }, call('rooms', { day: '2026-12-01', seats: 6 }))
  const { output, result } = await example('booking-agent', 'true')
  expect(output).toContain('"room":"Elbe"')
  expect(result).toMatchObject({
    status: 'completed',
    output: { booked: true, room: 'Elbe', summary: 'Elbe is yours.' },
  })
})

test('expense form: what was read is shown, corrected, signed and booked', async () => {
  const expense = { merchant: 'Trattoria Roma', amount: 236.5, purpose: 'dinner' }
  answer('Read merchant', expense)
  const { output, result } = await example('expense-form')
  expect(output).toContain('/problems/invalid-signal')
  expect(output).toContain('Jonas asks for 236.5')
  expect(result).toMatchObject({ status: 'completed', output: { status: 'booked', id: 'ex_1' } })
})

test('trip saga: all is booked; and where the car fails, hotel and flight are given back, in this order', async () => {
  const { result } = await example('trip-saga')
  expect(result).toMatchObject({ output: { booked: true, flight: 'fl_1', hotel: 'ho_1', car: 'ca_1' } })

  const isCar = ({ method, path }: { method: string; path: string }) => method === 'POST' && path === '/trips/car'
  const before = stack().tools.requests.length
  carsFail = true
  const failed = await example('trip-saga')
  expect(failed.result).toMatchObject({ status: 'completed', output: { booked: false, flight: '', hotel: '' } })
  const undone = stack()
    .tools.requests.slice(before)
    .filter(({ method }) => method === 'DELETE')
  expect(undone.map(({ path }) => path)).toEqual(['/trips/hotel/ho_1', '/trips/flight/fl_1'])
  expect(stack().tools.requests.slice(before).some(isCar)).toBe(true)
  expect(failed.output).toContain('custom.trip_given_up')
})

test('intake dialogue: it asks until it knows enough, and has its summary confirmed', async () => {
  let asked = 0
  stack().model.when({ prompt: 'Ask the one question' }, () => [{ text: `Question ${++asked}?` }])
  stack().model.when({ prompt: 'Write down what is known' }, () => [
    { text: JSON.stringify({ known: `${asked} answers`, enough: asked === 2 }) },
  ])
  const { output, result } = await example('intake-dialogue', 'In the kitchen', 'Since Monday')
  expect(output).toContain('Question 1?')
  expect(output).toContain('Question 2?')
  expect(result).toMatchObject({ status: 'completed', output: { summary: '2 answers' } })
  expect(JSON.stringify(stack().model.requests)).toContain('Since Monday')
})

test('lead enrichment: each lead is a child run, and the follow-up outlives its parent', async () => {
  answer('Rate this lead', { score: 80, reason: 'Large.' })
  const { output, result } = await example('lead-enrichment')
  expect(result).toMatchObject({
    status: 'completed',
    output: {
      leads: [
        { company: 'Nordlicht Solar', score: 80 },
        { company: 'Kesselhaus Brewing', score: 80 },
      ],
    },
  })
  const followed = eventsIn(output)
  expect(new Set(followed.map(({ runId }) => runId)).size).toBe(4)
  expect(followed.filter(({ type }) => type === 'custom.reminder')).toHaveLength(2)
})

test('nightly digest: a feed that fails is left out, and the secret stays a secret', async () => {
  answer('Three sentences for the team', 'All is well.')
  const { output, result } = await example('nightly-digest')
  expect(result).toMatchObject({ status: 'completed', output: { topics: 2 } })
  const sent = stack().tools.requests.findLast(({ path }) => path === '/messages')
  expect(sent?.headers.authorization).toBe(`Bearer ${DEMO_SECRETS.TREADLE_SECRET_CHAT_TOKEN}`)
  expect(output).not.toContain(DEMO_SECRETS.TREADLE_SECRET_CHAT_TOKEN)
})

afterAll(() => {
  const documents = readdirSync(folder).filter((name) => name.endsWith('.yaml') && name !== 'first-run.yaml')
  // Workers of three languages belong to mixed-languages: a test of its own runs it.
  expect([...ran, 'mixed-languages'].sort()).toEqual(documents.map((name) => name.replace('.yaml', '')).sort())
})
