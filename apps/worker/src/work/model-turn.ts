import { type Json, type Message, type ModelTurnAnswer, TreadleError } from '@treadle/contract'
import type { Transcripts } from '@treadle/storage'
import type { OfferTools } from '../agent/offer-tools.ts'
import { ownMessages } from '../agent/own-messages.ts'
import { askedToolCalls, withIds } from '../agent/turn-answer.ts'
import type { AskModel } from '../model/ask-model.ts'
import { type StructuredAnswer, structuredAnswer } from '../model/structured-answer.ts'
import type { Schemas } from '../values/schemas.ts'
import type { Perform, WorkContext } from './work.ts'

export type ModelTurnParts = {
  ask: AskModel
  schemas: Schemas
  transcripts: Pick<Transcripts, 'read' | 'write'>
  offerTools: OfferTools
}

/** Of what does not fit, in UTF-16 units: it goes through the workflow. */
const MISFIT_LENGTH_MAX = 1_000

/**
 * One model call of an agent: the conversation is read, the model asked, and the turn written, before the attempt ends. Its output is a
 * ModelTurnAnswer. See docs/worker-protocol.md.
 */
export function createModelTurnWork(parts: ModelTurnParts): Perform<'modelTurn'> {
  const { ask, schemas, transcripts, offerTools } = parts
  return async (work, context) => {
    const { run, path, attempt, signal, outputSchema } = context
    const key = { run, agent: work.agent, turn: work.turn }
    const own = ownMessages(work)
    const transcript = await transcripts.read(key, own, signal)
    const fresh = work.tools && {
      instructions: work.instructions as Json,
      tools: await offerTools(work.tools, context),
    }
    const profile = fresh ?? transcript.profile
    if (!profile) throw new Error(`The agent ${work.agent} has no profile at turn ${work.turn}.`)

    const [instructions, said] = (await context.load([profile.instructions, transcript.messages as Json])) as [
      Json,
      Json,
    ]
    const structured = outputSchema === undefined ? undefined : structuredAnswer(outputSchema, schemas)
    const messages = [...systemMessage(instructions), ...(said as Message[])]
    const answer = await ask({ model: work.model, messages, tools: profile.tools, format: structured?.format }, context)

    // Clean once: the conversation and the workflow get the same words.
    const toolCalls = (await clean(withIds(answer.toolCalls, work.turn), context)) as typeof answer.toolCalls
    const content = await clean(answer.text, context)
    const message: Message = { role: 'assistant', content, ...(toolCalls.length > 0 && { toolCalls }) }
    const turn = { messages: [...own, message], ...(fresh && { profile: fresh }) }
    const output =
      toolCalls.length > 0
        ? { toolCalls: await askedToolCalls(toolCalls, context.keep) }
        : await finalAnswer(answer.text, structured, context)
    if (!(await transcripts.write({ ...key, path, attempt }, turn, signal))) {
      throw new TreadleError('internal', 'A newer attempt has taken over.') // Nothing of this one can be written any more.
    }
    return { output: output as Json, finished: true }
  }
}

const systemMessage = (instructions: Json): Message[] =>
  instructions === '' ? [] : [{ role: 'system', content: instructions }]

const clean = (value: unknown, { keep }: WorkContext): Promise<Json> =>
  keep(value as Json, { bytesMax: Number.POSITIVE_INFINITY })

async function finalAnswer(
  text: string,
  structured: StructuredAnswer | undefined,
  context: WorkContext,
): Promise<ModelTurnAnswer> {
  if (!structured) return { output: await context.keep(text) }
  let value: Json
  try {
    value = structured.read(text)
  } catch (error) {
    if (!(error instanceof TreadleError) || error.type !== 'invalid_output') throw error
    return { misfit: ((await clean(error.message, context)) as string).slice(0, MISFIT_LENGTH_MAX) }
  }
  return { output: await context.keep(value) }
}
