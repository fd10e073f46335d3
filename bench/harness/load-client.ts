import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Job, ResultOf } from '../load/jobs.ts'

/** The clients as a process. One job at a time. */
export type LoadClient = {
  /** @throws Error when a run fails, or the job takes longer than `timeoutMs` (default 120,000). */
  run<J extends Job>(job: J, timeoutMs?: number): Promise<ResultOf<J>>
  stop(): Promise<void>
}

type Answer = { result: unknown } | { error: string }

export async function startLoadClient(): Promise<LoadClient> {
  const child = fork(fileURLToPath(new URL('../load/main.js', import.meta.url)))
  await once(child, 'spawn')
  return {
    async run<J extends Job>(job: J, timeoutMs = 120_000) {
      child.send(job)
      const signal = AbortSignal.timeout(timeoutMs)
      const [answer] = (await once(child, 'message', { signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error
        throw new Error(`A job (${job.kind}) took longer than ${timeoutMs / 1000} s.`)
      })) as [Answer]
      if ('error' in answer) throw new Error(answer.error)
      return answer.result as ResultOf<J>
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill()
      await once(child, 'exit')
    },
  }
}
