import { setTimeout as sleep } from 'node:timers/promises'
import type { ToolAnswer } from '@treadle/local'
import { RUNTIME_WORKERS } from '../conformance/support/workers.ts'
import type { Service } from '../support/service.ts'
import { type Stack, startStack } from '../support/stack.ts'
import type { Fault, Part, Step } from './schedule.ts'

/** A stack with workers of three languages whose parts can be hurt, and what its tools were asked. */
export type World = {
  stack: Stack
  /** How often each `<run>/<path>` was called. */
  calls: ReadonlyMap<string, number>
  /** Hurts a part and heals it again; resolves when it is whole. */
  apply(step: Step): Promise<void>
  stop(): Promise<void>
}

export async function createWorld(): Promise<World> {
  const stack = await startStack({
    workers: 0,
    postgres: 'own',
    temporalDatabase: 'file',
    blobs: 's3',
    apiEnv: { TREADLE_RECONCILE_INTERVAL_MS: '200' },
  })
  try {
    const workers = {
      'TypeScript worker': await stack.startWorker({}, RUNTIME_WORKERS.typescript),
      'Python worker': await stack.startWorker({}, RUNTIME_WORKERS.python),
      'Go worker': await stack.startWorker({}, RUNTIME_WORKERS.go),
    }
    const services: Partial<Record<Part, Service | undefined>> = {
      ...workers,
      API: stack.api,
      Postgres: stack.postgres,
      Temporal: stack.temporal,
      S3: stack.s3,
    }
    const { calls, be } = scriptWorld(stack)
    const apply = async ({ part, fault, lastsMs }: Step) => {
      const service = services[part]
      if (service) return hurt(service, fault, lastsMs)
      be(fault)
      await sleep(lastsMs)
      be('well')
    }
    return { stack, calls, apply, stop: stack.stop }
  } catch (error) {
    await stack.stop()
    throw error
  }
}

async function hurt(service: Service, fault: Fault, lastsMs: number): Promise<void> {
  if (fault === 'freeze') {
    service.child.signal('SIGSTOP')
    await sleep(lastsMs)
    service.child.signal('SIGCONT')
    return
  }
  if (fault === 'kill') await service.kill()
  else await service.stop()
  await sleep(lastsMs)
  await service.restart()
}

/** The model and the tools: what they are asked comes to the same answer, as long as they are well. */
function scriptWorld({ model, tools }: Stack) {
  const calls = new Map<string, number>()
  let health: Fault | 'well' = 'well'
  const ill = (): ToolAnswer | undefined => {
    if (health === 'kill') return { cut: true }
    if (health === 'restart') return { status: 503 }
    return health === 'freeze' ? { delayMs: 1_500, status: 503 } : undefined
  }
  const answer = (path: string, body: (key: string) => unknown) =>
    tools.when({ path }, ({ headers }) => {
      const trouble = ill()
      if (trouble) return trouble
      const key = String(headers['idempotency-key'])
      calls.set(key, (calls.get(key) ?? 0) + 1)
      return { json: body(key) }
    })
  answer('/step', (key) => ({ of: key.slice(key.indexOf('/') + 1) }))
  answer('/large', () => ({ text: 'x'.repeat(LARGE) }))
  model.when({ prompt: 'hang' }, [{ text: 'never ' }, { hang: true }])
  model.when({ prompt: 'words' }, () => {
    if (health === 'kill') return [{ cut: true }]
    if (health === 'restart') return [{ error: { status: 503 } }]
    return WORDS.flatMap((text) => [{ text }, { delayMs: 15 }])
  })
  return {
    calls: calls as ReadonlyMap<string, number>,
    be: (how: Fault | 'well') => {
      health = how
    },
  }
}

export const LARGE = 40_000
export const WORDS = Array.from({ length: 30 }, (_, index) => `wörd${index} `)
