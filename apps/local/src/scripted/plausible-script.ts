import { type ChatRequest, type JsonSchema, type ModelScript, type ModelStep, messageText } from './model-script.ts'
import { sampleValue } from './sample-value.ts'

/** About as fast as a small hosted model speaks, so that a reader of the first run sees tokens come. */
const TOKEN_DELAY_MS = 20

/**
 * What a model could have answered: a tool call while a tool is offered and none was called, a value that fits when a
 * schema is given, else a few words about the question. It depends on the request alone.
 */
export function plausibleScript(request: ChatRequest): ModelScript {
  const question = lastQuestion(request)
  const tool = request.tools?.[0]
  const toolAnswered = request.messages.some(({ role }) => role === 'tool')
  if (tool && !toolAnswered && request.tool_choice !== 'none') {
    const value = sampleValue(tool.function.parameters ?? {}, question)
    return [{ toolCall: { name: tool.function.name, arguments: value, pieces: 4 } }]
  }
  const schema = answerSchema(request)
  if (schema !== undefined) return spoken(JSON.stringify(sampleValue(schema, question)))
  return spoken(
    `This is the scripted model, which needs no key. You wrote: “${shorten(question)}” A real model would answer that.`,
  )
}

function answerSchema({ response_format: format }: ChatRequest): JsonSchema | undefined {
  if (format?.type === 'json_schema') return format.json_schema.schema ?? {}
  return format?.type === 'json_object' ? { type: 'object' } : undefined
}

function lastQuestion({ messages }: ChatRequest): string {
  const asked = messages.findLast(({ role }) => role === 'user') ?? messages.at(-1)
  return asked ? messageText(asked) : ''
}

/** Word by word, with its leading space, which is about how tokenizers cut. */
function spoken(text: string): ModelStep[] {
  const tokens = text.match(/\s*[^\s]+|\s+$/g) ?? [text]
  return tokens.flatMap((token) => [{ delayMs: TOKEN_DELAY_MS }, { text: token }])
}

const QUOTED_CHARACTERS = 200

const shorten = (text: string) =>
  text.length <= QUOTED_CHARACTERS ? text : `${Array.from(text).slice(0, QUOTED_CHARACTERS).join('')}…`
