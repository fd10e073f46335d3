import { Agent, type IncomingMessage, request } from 'node:http'

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })

/** The parsed answer. @throws Error on any status but 2xx. */
export async function askJson(
  method: 'GET' | 'POST',
  url: string,
  body?: string,
  headers?: Record<string, string>,
): Promise<Record<string, unknown>> {
  const response = await open(method, url, body, headers)
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk
  return JSON.parse(text) as Record<string, unknown>
}

/** The answer as it comes. @throws Error on any status but 2xx. */
export function open(
  method: 'GET' | 'POST',
  url: string,
  body?: string,
  more: Record<string, string> = {},
): Promise<IncomingMessage> {
  const ofBody =
    body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  const headers = { ...ofBody, ...more }
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, agent, headers }, (response) => {
      const { statusCode = 0 } = response
      if (statusCode >= 200 && statusCode < 300) return resolve(response)
      response.setEncoding('utf8').once('data', (text) => {
        reject(new Error(`${method} ${new URL(url).pathname} answered ${statusCode}: ${String(text).slice(0, 500)}`))
        response.destroy()
      })
    })
    outgoing.once('error', reject)
    outgoing.end(body)
  })
}
