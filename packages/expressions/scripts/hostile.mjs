import { Worker } from 'node:worker_threads'

const MANY = Array.from({ length: 10_000 }, (_, i) => i)
const TWENTY = MANY.slice(0, 20)

export const HOSTILE = [
  { name: 'evil pattern', source: 'text.matches("^(a+)+$")', scope: { text: `${'a'.repeat(40)}!` } },
  { name: '10,000 × 10,000 items', source: 'many.map(x, many.map(y, x * y))', scope: { many: MANY } },
  {
    name: '6 nested maps of 20 items',
    source: ['a', 'b', 'c', 'd', 'e', 'f'].reduce((body, name) => `items.map(${name}, ${body})`, '1'),
    scope: { items: TWENTY },
  },
  { name: 'in a list, for each of 10,000', source: 'many.filter(x, x in many)', scope: { many: MANY } },
  { name: 'search in a long text', source: 'text.contains(part)', scope: searchScope() },
  { name: '5,000 parentheses', source: `${'('.repeat(5000)}1${')'.repeat(5000)}`, scope: {} },
  {
    name: 'a text of 500 KB doubled 9 times',
    source: `[text].map(a0, ${[1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => `[a${i - 1} + a${i - 1}].map(a${i}, `).join('')}a9.contains("b")${')'.repeat(10)}`,
    scope: { text: 'a'.repeat(500_000) },
  },
]

function searchScope() {
  const part = 'a'.repeat(20_000)
  return { text: 'a'.repeat(500_000), part: `${part}b${part}` }
}

const PATIENCE_MS = 5000

/** How the engine ends: a value or an error and after how long, or that it does not within 5 s. */
export function runHostile(engine, { source, scope }) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./hostile-worker.mjs', import.meta.url), {
      workerData: { engine: new URL(engine, import.meta.url).href, source, scope },
      resourceLimits: { maxOldGenerationSizeMb: 1024 },
    })
    let timer
    const done = (text) => {
      clearTimeout(timer)
      worker.terminate().then(() => resolve(text), reject)
    }
    worker.on('error', (error) => done(`crash: ${error.code ?? error.message}`))
    worker.on('message', (message) => {
      if (message === 'ready') timer = setTimeout(() => done(`**no end in ${PATIENCE_MS / 1000} s**`), PATIENCE_MS)
      else done(`${message.end.startsWith('error') ? 'error' : 'value'}, ${format(message.ms)}`)
    })
  })
}

const format = (ms) => (ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`)
