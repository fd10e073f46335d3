import type { Codec } from '@treadle/bridge'
import type { Payloads } from '@treadle/contract'
import { DecryptionError } from '@treadle/contract/encryption'
import type { FastifyPluginAsync } from 'fastify'
import { problem } from '../http/problem.ts'
import { answer, problemAnswers, ref } from '../openapi/refs.ts'

/** Temporal's UI and CLI ask here for what they cannot read themselves (their “codec endpoint”), on behalf of whoever looks. */
export const decodePayloadsRoute: FastifyPluginAsync<{ codec: Codec | undefined }> = async (app, { codec }) => {
  app.post<{ Body: Payloads }>(
    '/codec/decode',
    {
      config: { access: 'payloads:read' },
      schema: {
        operationId: 'decodePayloads',
        tags: ['documentation'],
        summary: 'Decrypt payloads of Temporal',
        description:
          'The codec endpoint of Temporal’s UI and CLI: `/codec`. A payload names no tenant, so the scope is one for operators. What is not encrypted comes back as it is.',
        body: ref('api.v1', 'Payloads'),
        response: {
          200: answer('The same payloads, readable.', ref('api.v1', 'Payloads')),
          ...problemAnswers('malformed-request', 'too-large', 'unsupported-media-type'),
        },
      },
    },
    async (request, reply): Promise<Payloads> => {
      reply.header('cache-control', 'no-store')
      if (!codec) return request.body
      try {
        return { payloads: (await codec.decode(request.body.payloads.map(fromJson))).map(toJson) }
      } catch (error) {
        if (error instanceof DecryptionError) throw problem('malformed-request', error.message)
        throw error
      }
    },
  )
}

type PayloadJson = Payloads['payloads'][number]

const fromJson = ({ metadata = {}, data = '' }: PayloadJson) => ({
  metadata: Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => [key, Buffer.from(String(value), 'base64')]),
  ),
  data: Buffer.from(data, 'base64'),
})

const base64 = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString('base64')

const toJson = ({
  metadata,
  data,
}: {
  metadata?: { [key: string]: Uint8Array } | null
  data?: Uint8Array | null
}): PayloadJson => ({
  metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([key, value]) => [key, base64(value)])),
  data: base64(data),
})
