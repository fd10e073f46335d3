/**
 * Compares the CEL libraries that could run in the workflow, and what we made of ours: conformance, speed in Node and
 * in a sandbox like Temporal's, size in the workflow's bundle, and how they take hostile sources. Prints the tables of
 * the README. Run it after `pnpm build`:
 *
 *     node packages/expressions/scripts/compare.mjs
 */
import { runConformance } from './conformance.mjs'
import * as bufbuild from './engine-bufbuild.mjs'
import * as celJs from './engine-cel-js.mjs'
import * as ours from './engine-ours.mjs'
import { HOSTILE, runHostile } from './hostile.mjs'
import { bundle, emptyBundleBytes, load } from './sandbox.mjs'

const ENGINES = [
  { ...celJs, path: './engine-cel-js.mjs' },
  { ...bufbuild, path: './engine-bufbuild.mjs' },
  { ...ours, path: './engine-ours.mjs', conformance: ours.prepareRaw },
]

const SCOPE = {
  input: { customer: { tier: 'gold', name: 'Ada' }, amount: 250.5, count: 3 },
  items: Array.from({ length: 20 }, (_, id) => ({ id, price: id * 1.5, name: `item ${id}` })),
}
const CONDITION = 'input.customer.tier == "gold" && input.amount > 100.0'
const SPEED = [
  { name: 'a condition', source: CONDITION, times: 2000 },
  { name: 'filter and map, 20 items', source: 'items.filter(i, i.price > 9.0).map(i, i.name)', times: 500 },
  { name: 'a text', source: '"Dear " + input.customer.name + ", " + string(input.count) + " left"', times: 2000 },
]
const ROUNDS = 7

const rows = []
const add = (what, cells) => rows.push(`| ${what} | ${cells.join(' | ')} |`)

conformance()
const sandboxes = await bundles()
speed('Node', ENGINES)
speed('sandbox', sandboxes)
for (const hostile of HOSTILE) add(hostile.name, await inTurn(({ path }) => runHostile(path, hostile)))

console.log(`| | ${ENGINES.map(({ name }) => name).join(' | ')} |`)
console.log(`|---|${'---|'.repeat(ENGINES.length)}`)
console.log(rows.join('\n'))

function conformance() {
  const results = ENGINES.map((engine) => runConformance({ ...engine, prepare: engine.conformance ?? engine.prepare }))
  add(
    'conformance, passed of all',
    results.map(({ passed, total }) => `${passed} of ${total}`),
  )
  for (const file of Object.keys(results[0].byFile))
    add(
      `– ${file}`,
      results.map(({ byFile }) => `${byFile[file].passed} of ${byFile[file].total}`),
    )
}

async function bundles() {
  const empty = await emptyBundleBytes()
  const bundled = await inTurn(({ path }) => bundle(path))
  add(
    'workflow bundle grows by',
    bundled.map(({ bytes }) => `${Math.round((bytes - empty) / 1024)} KiB`),
  )
  return bundled.map(({ code }) => load(code))
}

function speed(place, engines) {
  const now = () => performance.now()
  add(
    `parse, ${place}`,
    medians(engines, ({ measure }) => measure.parse(CONDITION, 300, now)),
  )
  for (const { name, source, times } of SPEED)
    add(
      `${name}, ${place}`,
      medians(engines, ({ measure }) => measure.evaluate(source, JSON.stringify(SCOPE), times, now)),
    )
}

/** The engines in turn, round after round, so that a busy moment of the machine meets all of them. */
function medians(engines, measure) {
  const figures = engines.map(() => [])
  for (let round = 0; round < ROUNDS; round++)
    for (const [i, engine] of engines.entries()) figures[i].push(measure(engine))
  return figures.map((list) => `${list.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)].toFixed(1)} µs`)
}

async function inTurn(work) {
  const results = []
  for (const engine of ENGINES) results.push(await work(engine))
  return results
}
