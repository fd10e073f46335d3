import { setTimeout as sleep } from 'node:timers/promises'
import type { ToolAnswer } from '@treadle/local'
import { RUNTIME_WORKERS } from '../conformance/support/workers.ts'
import type { Service } from '../support/service.ts'
import { type Link, type Stack, startStack } from '../support/stack.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import type { Hurt, Part, PartFault } from './schedule.ts'

/** A stack with workers of three languages whose parts can be hurt, and what its tools were asked. */
export type World = {
  stack: Stack
  /** How often each `<run>/<path>` was called. */
  calls: ReadonlyMap<string, number>
  /** Hurts a part or a link and heals it after so long; resolves when it is whole. */
  apply(hurt: Hurt & { lastsMs: number }): Promise<void>
  stop(): Promise<void>
}

export async function createWorld(): Promise<World> {
  const links = new Map<Link, TcpProxy>()
  const stack = await startStack({
    via: async (link, url) => {
      const proxy = await startTcpProxy(url)
      links.set(link, proxy)
      return proxy.url
    },
    workers: 0,
    postgres: 'own',
    temporalDatabase: 'file',
    blobs: 's3',
    workerEnv: { TREADLE_SECRET_CANARY: CANARY },
    apiEnv: { TREADLE_RECONCILE_INTERVAL_MS: '200', TREADLE_STREAM_HEARTBEAT_MS: String(HEARTBEAT_MS) },
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
    const apply: World['apply'] = async ({ lastsMs, ...hurt }) => {
      if ('link' in hurt) {
        links.get(hurt.link)?.hurt(hurt.fault)
        await sleep(lastsMs)
        links.get(hurt.link)?.heal()
        return
      }
      const service = services[hurt.part]
      if (service) return hurtService(service, hurt.fault, lastsMs)
      be(hurt.fault)
      await sleep(lastsMs)
      be('well')
    }
    return { stack, calls, apply, stop }
  } catch (error) {
    await stop()
    throw error
  }

  async function stop() {
    await stack.stop()
    for (const proxy of links.values()) await proxy.stop()
  }
}

async function hurtService(service: Service, fault: PartFault, lastsMs: number): Promise<void> {
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
  let health: PartFault | 'well' = 'well'
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
    be: (how: PartFault | 'well') => {
      health = how
    },
  }
}

/** How often a silent stream says that it lives. */
export const HEARTBEAT_MS = 2_000
/** A secret that every step is sent. */
export const CANARY = 'canary-81c6e0d3f2'
export const LARGE = 40_000
export const WORDS = Array.from({ length: 30 }, (_, index) => `wörd${index} `)
