import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createSupervisor } from '@treadle/local'
import type { Case, CaseContext } from '../harness/case.ts'
import { processesOf, residentMiB } from '../harness/process-usage.ts'
import { treadleSide } from '../sides/treadle.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
/** So long nothing is asked before memory is read: what was garbage has gone by then, or stays. */
const SETTLE_MS = 5_000

export const p13: Case = {
  id: 'P13',
  title: '`npm start`, and the memory of API and TypeScript worker',
  async measure(context) {
    const home = await mkdtemp(join(tmpdir(), 'treadle-bench-start-'))
    await chmod(home, 0o755) // Postgres does not run as root, and has to pass through.
    try {
      await (await start(home)).stop() // Makes the cluster, and whatever else is made once.
      const readyMs: number[] = []
      for (let round = 1; round < context.rounds; round += 1) {
        const again = await start(home)
        readyMs.push(again.readyMs)
        await again.stop()
      }
      const last = await start(home)
      readyMs.push(last.readyMs)
      const memory = await memoryOf(context, last)
      await last.stop()
      const notes = [`memory after each: ${memory.after.map((each) => each.toFixed(0)).join(', ')} MiB`]
      return [
        {
          what: '`npm start` to ready, second time',
          unit: 's',
          figures: { ours: readyMs.map((ms) => ms / 1_000) },
          budgets: [{ atMost: 8 }],
        },
        { what: 'memory, idle', unit: 'MiB', figures: { ours: [memory.idle] }, budgets: [{ atMost: 350 }] },
        {
          what: 'memory after 1,000 runs',
          unit: 'MiB',
          figures: { ours: [memory.after[0] ?? 0] },
          budgets: [{ atMost: 350 }],
          notes,
        },
        {
          what: 'memory after 2,000 runs ÷ after 1,000',
          unit: '',
          figures: { ours: [memory.growth] },
          budgets: [{ atMost: 1.1 }],
        },
      ]
    } finally {
      await rm(home, { recursive: true, force: true })
    }
  },
}

type Started = { url: string; readyMs: number; pids: number[]; stop(): Promise<void> }

/** As a person starts it, with what `npm` runs; ready is when it says where it serves, and is. */
async function start(home: string): Promise<Started> {
  const supervisor = createSupervisor()
  const startedAt = performance.now()
  const child = await supervisor.start({
    name: 'npm start',
    command: process.execPath,
    args: [join(ROOT, 'scripts/run.mjs'), 'start'],
    env: {
      ...process.env,
      TREADLE_HOME: home,
      TREADLE_FIRST_RUN: 'no',
      TREADLE_API_PORT: '0',
      TREADLE_TEMPORAL_PORT: '0',
      TREADLE_TOOLS_PORT: '0',
      TREADLE_FUNCTIONS: fileURLToPath(new URL('../sides/functions.js', import.meta.url)),
    },
    stopTimeoutMs: 60_000,
  })
  const url = await child.line((line) => /curl -N (http:\/\/\S+)\/runs/.exec(line)?.[1])
  const ready = await fetch(`${url}/readyz`)
  if (!ready.ok) throw new Error(`npm start says that it serves, and /readyz says ${ready.status}.`)
  const pids = processesOf(child.pid).filter(({ command }) => /apps\/(api|worker)\/dist\/main\.js/.test(command))
  return { url, readyMs: performance.now() - startedAt, pids: pids.map(({ pid }) => pid), stop: supervisor.stopAll }
}

async function memoryOf({ bed, quick }: CaseContext, { url, pids }: Started) {
  if (pids.length !== 2) throw new Error(`An API and a worker were expected, and ${pids.length} processes are there.`)
  await sleep(SETTLE_MS)
  const idle = residentMiB(pids)
  const load = await bed.load()
  const { stepsBody } = treadleSide(url, pids)
  const after: number[] = []
  for (let thousand = 0; thousand < 2; thousand += 1) {
    const runs = quick ? 50 : 1_000
    await load.run({ kind: 'steps', url, body: stepsBody('best'), runs, atOnce: 32 })
    await sleep(SETTLE_MS)
    after.push(residentMiB(pids))
  }
  return { idle, after, growth: (after[1] ?? 0) / (after[0] ?? 1) }
}
