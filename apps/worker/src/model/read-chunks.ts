import { TreadleError } from '@treadle/contract'
import { createParser } from 'eventsource-parser'
import { APIError } from 'openai'
import type { ChatCompletionChunk } from 'openai/resources/chat/completions'

/** An event of a model's stream longer than this has run away, in UTF-16 units. */
const EVENT_LENGTH_MAX = 16 * 1024 * 1024

/**
 * The chunks of a streamed answer, those together that came together: a fast model sends many at once, and the client's own iterator, which
 * waits several times for each, takes more than everything else that happens to a token. Leaving it early closes the connection.
 * @throws APIError where the server tells of an error, SyntaxError where a chunk is not JSON, TreadleError `unavailable` where one has no
 * end, and whatever the connection breaks by
 */
export async function* readChunks(response: Response): AsyncGenerator<ChatCompletionChunk[], void, void> {
  let chunks: ChatCompletionChunk[] = []
  let isDone = false
  const parser = createParser({
    maxBufferSize: EVENT_LENGTH_MAX,
    onEvent({ data }) {
      isDone ||= data.startsWith('[DONE]')
      if (!isDone) chunks.push(parseChunk(data, response.headers))
    },
    onError({ type }) {
      // Fields that nobody knows are left out, as the protocol has it.
      if (type === 'max-buffer-size-exceeded')
        throw new TreadleError('unavailable', 'The model server sent an endless chunk.')
    },
  })
  const decoder = new TextDecoder()
  for await (const bytes of response.body ?? []) {
    const broken = errorOf(() => parser.feed(decoder.decode(bytes, { stream: true })))
    if (chunks.length > 0) yield chunks // What came before the error counts.
    if (broken) throw broken
    chunks = []
  }
}

function errorOf(work: () => void): unknown {
  try {
    work()
    return undefined
  } catch (error) {
    return error
  }
}

function parseChunk(data: string, headers: Headers): ChatCompletionChunk {
  const chunk = JSON.parse(data) as ChatCompletionChunk & { error?: object }
  if (chunk?.error) throw new APIError(undefined, chunk.error, undefined, headers)
  return chunk
}
