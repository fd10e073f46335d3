import { type PlanModel, type RunRef, TreadleError } from '@treadle/contract'
import OpenAI from 'openai'
import { Agent, interceptors } from 'undici'
import type { Secrets } from '../secrets/secrets.ts'
import { createStreamFetch } from './stream-fetch.ts'

/** Gives the client of a model's server. */
export type ChatClients = { clientFor(model: PlanModel, run: RunRef): Promise<OpenAI>; close(): Promise<void> }

export type ChatClientsOptions = { apiKey?: string; baseUrl?: string; secrets: Secrets }

/** A stream that is silent for longer counts as broken; the node's own `timeout` is usually shorter. */
const SILENCE_MS_MAX = 5 * 60_000
const HEADERS_MS_MAX = 10 * 60_000
const CONNECT_MS_MAX = 10_000
const CLIENTS_MAX = 100
/** As a browser's `fetch`. */
const REDIRECTS_MAX = 20
/** What the client takes without a base URL. */
const OPENAI_URL = 'https://api.openai.com/v1'
/** Servers of one's own often ask for no key, but the protocol's header wants one. */
const NO_KEY = 'none'

/**
 * Clients of the OpenAI protocol, one for each key, which share their connections. They retry nothing: attempts are Treadle's
 * (and are seen in the log).
 */
export function createChatClients({ apiKey, baseUrl, secrets }: ChatClientsOptions): ChatClients {
  const dispatcher = new Agent({
    headersTimeout: HEADERS_MS_MAX,
    bodyTimeout: SILENCE_MS_MAX,
    connect: { timeout: CONNECT_MS_MAX },
  })
  const fetch = createStreamFetch(dispatcher.compose(interceptors.redirect({ maxRedirections: REDIRECTS_MAX })))
  const clients = new Map<string, OpenAI>()
  const { host } = new URL(baseUrl ?? OPENAI_URL)

  return {
    async clientFor(model, run) {
      const key = model.apiKey ? await secrets.resolve(model.apiKey, { run, host }) : (apiKey ?? (baseUrl && NO_KEY))
      if (!key) {
        throw new TreadleError(
          'auth',
          'The worker has no key for models: give it OPENAI_API_KEY (or OPENAI_BASE_URL of a server that needs none), or the model an `apiKey`.',
        )
      }
      const known = clients.get(key)
      if (known) return known
      const client = new OpenAI({
        apiKey: key,
        baseURL: baseUrl ?? null,
        maxRetries: 0,
        timeout: HEADERS_MS_MAX,
        logLevel: 'off',
        fetch,
      })
      if (clients.size >= CLIENTS_MAX) clients.clear() // Keys that rotate: none is kept for ever.
      clients.set(key, client)
      return client
    },
    close: () => dispatcher.destroy(),
  }
}
