/** One event of a server-sent stream, as far as the first run needs it. */
export type SseEvent = { id: string | undefined; event: string; data: string }

/** The events of a response, as they come. Comments and fields that we do not use are passed over. */
export async function* readSse(body: AsyncIterable<Uint8Array>): AsyncGenerator<SseEvent> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const event = parse(block)
      if (event) yield event
    }
  }
}

function parse(block: string): SseEvent | undefined {
  const fields = block.split('\n').map((line) => /^(\w+): ?(.*)$/.exec(line) ?? [])
  const value = (wanted: string) => fields.find(([, name]) => name === wanted)?.[2]
  const data = fields.filter(([, name]) => name === 'data').map(([, , text]) => text)
  return data.length === 0 ? undefined : { id: value('id'), event: value('event') ?? 'message', data: data.join('\n') }
}
