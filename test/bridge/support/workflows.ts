import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  setHandler,
} from '@temporalio/workflow'

type Delivery = { id: string; name: string; payload: unknown }

/** Stands for the interpreter: takes one signal named `go` by update, keeps all others, and ends as it is told. */
export async function treadleRun(): Promise<string[]> {
  const kept: string[] = []
  let ended: string | undefined
  setHandler(
    defineUpdate<void, [Delivery]>('signal'),
    async ({ payload }) => {
      ended = String(payload)
    },
    {
      validator: ({ name }) => {
        if (name !== 'go') throw ApplicationFailure.nonRetryable('nobody waits')
      },
    },
  )
  setHandler(defineSignal<[Delivery]>('signal'), ({ payload }) => void kept.push(String(payload)))
  setHandler(defineSignal<[{ action: string }]>('control'), ({ action }) => void kept.push(action))
  setHandler(defineQuery('state'), () => ({ kept }))
  await condition(() => ended !== undefined)
  if (ended === 'fail') throw ApplicationFailure.nonRetryable('as it was told')
  return kept
}
