import { setTimeout as delay } from 'node:timers/promises'

export type Answer = { status: number; body: unknown; isReplay: boolean } | 'cut off'

/** A request with an Idempotency-Key; `cut off` where the connection ends without an answer. */
export async function send(url: string, path: string, body: object, key: string, method = 'POST'): Promise<Answer> {
  try {
    const headers = { 'content-type': 'application/json', 'idempotency-key': key }
    const answer = await fetch(`${url}${path}`, { method, headers, body: JSON.stringify(body) })
    const isReplay = answer.headers.get('idempotent-replayed') === 'true'
    return { status: answer.status, body: await answer.json(), isReplay }
  } catch {
    return 'cut off'
  }
}

/** As a client does that has to know: again, while the first one is still being executed, or nobody answers. */
export async function sendUntilAnswered(url: string, path: string, body: object, key: string, method = 'POST') {
  for (;;) {
    const answer = await send(url, path, body, key, method)
    if (answer !== 'cut off' && answer.status !== 409) return answer
    await delay(100)
  }
}
