import { expect, test } from 'vitest'
import { readChunks } from './read-chunks.ts'

const chunkOf = (content: string) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`

/** An answer whose bytes come in these pieces. */
function answer(...pieces: (string | Uint8Array)[]): Response {
  const bytes = pieces.map((piece) => (typeof piece === 'string' ? new TextEncoder().encode(piece) : piece))
  return new Response(
    new ReadableStream({
      start(to) {
        for (const piece of bytes) to.enqueue(piece)
        to.close()
      },
    }),
  )
}

/** The texts that came together, and what reading ended by. */
async function read(response: Response): Promise<{ texts: string[][]; error?: unknown }> {
  const texts: string[][] = []
  try {
    for await (const chunks of readChunks(response)) {
      texts.push(chunks.map(({ choices }) => choices[0]?.delta.content ?? ''))
    }
    return { texts }
  } catch (error) {
    return { texts, error }
  }
}

test('chunks that come together are given together, wherever their bytes are cut', async () => {
  const bytes = new TextEncoder().encode(`${chunkOf('a')}${chunkOf('😀')}${chunkOf('c')}data: [DONE]\n\n`)
  expect((await read(answer(bytes))).texts).toEqual([['a', '😀', 'c']])
  for (let cut = 1; cut < bytes.length; cut += 1) {
    const { texts, error } = await read(answer(bytes.slice(0, cut), bytes.slice(cut)))
    expect(error).toBeUndefined()
    expect(texts.flat()).toEqual(['a', '😀', 'c'])
  }
})

test('comments, other fields and lines that end as on Windows are read over, and so is what follows the end', async () => {
  const body = `: hello\r\nretry: 5\r\nx: y\r\n${chunkOf('a').replaceAll('\n', '\r\n')}data: [DONE]\n\ndata: oops\n\n`
  expect(await read(answer(body))).toEqual({ texts: [['a']] })
})

test('what came before an error counts', async () => {
  const told = await read(answer(`${chunkOf('a')}data: {"error":{"message":"Too many","type":"rate_limit_error"}}\n\n`))
  expect(told).toMatchObject({ texts: [['a']], error: { type: 'rate_limit_error' } })
  const broken = await read(answer(`${chunkOf('a')}data: {"choices": [oops\n\n`))
  expect(broken).toMatchObject({ texts: [['a']], error: { name: 'SyntaxError' } })
})

test('a chunk without an end is not gathered for ever', async () => {
  const piece = 'x'.repeat(1024 * 1024)
  const { error } = await read(answer('data: ', ...Array<string>(20).fill(piece)))
  expect(error).toMatchObject({ type: 'unavailable' })
})
