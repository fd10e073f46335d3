import type { FastifyInstance } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import { problem } from './problem.ts'
import { readJson, readUtf8 } from './read-json.ts'
import { readYaml } from './read-yaml.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route takes YAML too. */
    acceptsYaml?: boolean
    /** The route gets the body's text as it was sent. */
    rawBody?: boolean
    /** The route reads its body as it comes: no bound on the time that it takes, but on silence. */
    streamsBody?: boolean
    /** The route can be called without a body. */
    optionalBody?: boolean
  }
}

/** How bodies are read: JSON everywhere, YAML where a route takes a document. No body is no body, whatever its type. */
export const bodies = fastifyPlugin(
  async (app: FastifyInstance) => {
    // Nothing is unpacked: what a small body would unpack to nobody knows.
    app.addHook('preParsing', async ({ headers }) => {
      const { 'content-encoding': encoding } = headers
      if (encoding === undefined || encoding.toLowerCase() === 'identity') return
      throw problem('unsupported-media-type', 'A body is taken as it is, and not packed: leave Content-Encoding out.')
    })
    app.removeAllContentTypeParsers()
    for (const [mediaType, read] of [
      ['application/json', readJson],
      ['application/yaml', readYaml],
    ] as const) {
      app.addContentTypeParser(mediaType, { parseAs: 'buffer' }, async (request: unknown, bytes: Buffer | string) => {
        const text = readUtf8(Buffer.from(bytes))
        const { config } = (request as { routeOptions: { config: { rawBody?: boolean } } }).routeOptions
        if (config.rawBody || text === '') return text === '' ? undefined : text
        return read(text)
      })
    }
  },
  { name: 'bodies' },
)
