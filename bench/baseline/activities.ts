import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity'
import OpenAI from 'openai'
import { createBatcher } from './batcher.ts'
import type { EventLog } from './event-log.ts'

export type Activities = ReturnType<typeof createActivities>

export const createActivities = ({ log, openai }: { log: EventLog; openai: OpenAI }) => ({
  async step(value: number): Promise<number> {
    return value + 1
  },

  /** Ends the run's stream. Done twice only where a worker dies in between; a reader leaves at the first one. */
  async finish({ runId, output }: { runId: string; output: unknown }): Promise<void> {
    await log.append(runId, [{ type: 'completed', data: { output } }])
  },

  /** Asks the model, and logs its text as it comes and the end of the run. An attempt that died is dropped by the reader. */
  async chat({ runId, prompt }: { runId: string; prompt: string }): Promise<string> {
    if (activityInfo().attempt > 1) await log.append(runId, [{ type: 'restarted', data: {} }])
    const batcher = createBatcher({ log, runId, onStored: heartbeat })
    let text = ''
    const stream = await openai.chat.completions.create(
      { model: 'm', stream: true, messages: [{ role: 'user', content: prompt }] },
      { signal: cancellationSignal() },
    )
    for await (const chunk of stream) {
      const piece = chunk.choices[0]?.delta.content
      if (!piece) continue
      text += piece
      await batcher.add(piece)
    }
    await batcher.flush()
    await log.append(runId, [{ type: 'completed', data: {} }])
    return text
  },
})

export const createOpenai = (baseURL: string) => new OpenAI({ baseURL, apiKey: 'none', maxRetries: 0 })
