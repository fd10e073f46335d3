import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow'
import type { Activities } from './activities.ts'
import { ACTIVITY_QUEUE } from './config.ts'

export type Placement = 'same-queue' | 'own-queue' | 'local'

const TIMES = { startToCloseTimeout: '5s', retry: { maximumAttempts: 3 } } as const

const steps = {
  'same-queue': proxyActivities<Activities>(TIMES),
  'own-queue': proxyActivities<Activities>({ ...TIMES, taskQueue: ACTIVITY_QUEUE }),
  local: proxyLocalActivities<Activities>(TIMES),
}

const { finish } = proxyLocalActivities<Activities>(TIMES)
const { chat: askModel } = proxyActivities<Activities>({ startToCloseTimeout: '10m', heartbeatTimeout: '30s' })

type StepsInput = { runId: string; value: number; placement: Placement }

/** Five short steps, each of which needs the one before. */
export async function fiveSteps({ runId, value, placement }: StepsInput): Promise<number> {
  const { step } = steps[placement]
  let result = value
  for (let number = 0; number < 5; number += 1) result = await step(result)
  await finish({ runId, output: result })
  return result
}

export async function chat(input: { runId: string; prompt: string }): Promise<string> {
  return askModel(input)
}
