import { type Message, TreadleError } from '@treadle/contract'
import type { AskModel } from '../model/ask-model.ts'
import { repairMessage } from '../model/repair-message.ts'
import { structuredAnswer } from '../model/structured-answer.ts'
import type { Schemas } from '../values/schemas.ts'
import type { Perform, WorkContext } from './work.ts'

/**
 * One model call, its tokens streamed. With an `outputSchema` the answer is a value that fits it; one that does not gets one repair
 * turn: a second call that says what is wrong, whose text goes on where the first one's ended.
 */
export function createLlmWork({ ask, schemas }: { ask: AskModel; schemas: Schemas }): Perform<'llm'> {
  return async ({ model, messages }, context) => {
    const loaded = await loadContents(messages, context)
    if (context.outputSchema === undefined) {
      return { output: (await ask({ model, messages: loaded }, context)).text }
    }
    const structured = structuredAnswer(context.outputSchema, schemas)
    const { text } = await ask({ model, messages: loaded, format: structured.format }, context)
    try {
      return { output: structured.read(text), checked: true }
    } catch (error) {
      const problem = problemOf(error)
      await context.emit('log', { level: 'warn', message: `${problem} The model is asked once more.` })
      const repaired = [...loaded, { role: 'assistant', content: text } as const, repairMessage(problem)]
      const second = await ask({ model, messages: repaired, format: structured.format }, context)
      return { output: structured.read(second.text), checked: true }
    }
  }
}

async function loadContents(messages: Message[], context: WorkContext): Promise<Message[]> {
  return Promise.all(messages.map(async (message) => ({ ...message, content: await context.load(message.content) })))
}

/** What the model is told of an answer that did not fit. @throws what is not about the answer. */
function problemOf(error: unknown): string {
  if (error instanceof TreadleError && error.type === 'invalid_output') return error.message
  throw error
}
