// A model that stamps the time into each token as it sends it. A process of its own, so that nothing that is measured
// shares its event loop.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isModelOrder, isTurnsOrder, type ModelOrder, stampToken, type TurnsOrder } from './tokens.ts'

// Opened by `POST /release`, maybe before the one order that waits for it has come.
let gate = createGate()

const server = createServer(async (request, response) => {
  if (request.url?.endsWith('/release')) {
    gate.open()
    return response.writeHead(200).end('{}')
  }
  const messages = await messagesOf(request)
  const order = orderOf(messages)
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  if ('turns' in order) return response.end(turnOf(order, messages))
  if (order.held) {
    response.flushHeaders()
    await gate.opened
    gate = createGate()
  }
  if (order.perSecond === 0) await sendUnthrottled(response, order.tokens)
  else await sendPaced(response, order)
  response.end(`${event({ delta: {}, finish_reason: 'stop' })}data: [DONE]\n\n`)
})
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ msg: 'listening', port: (server.address() as AddressInfo).port }))
})
process.once('SIGTERM', () => process.exit())

/** Tokens have their times by the clock from the start, so that a late one does not delay those after it. */
function sendPaced(response: ServerResponse, { tokens, perSecond }: ModelOrder): Promise<void> {
  const startedAt = performance.now()
  let sent = 0
  return new Promise((resolve) => {
    const sendDue = () => {
      const due = Math.min(tokens, 1 + Math.floor(((performance.now() - startedAt) * perSecond) / 1000))
      for (; sent < due; sent += 1) response.write(tokenEvent(sent))
      if (sent === tokens || response.destroyed) return resolve()
      setTimeout(sendDue, Math.max(1, startedAt + (sent * 1000) / perSecond - performance.now()))
    }
    sendDue()
  })
}

/** Several tokens a write, as they come off a fast server; never more than the reader takes. */
async function sendUnthrottled(response: ServerResponse, tokens: number): Promise<void> {
  for (let sent = 0; sent < tokens && !response.destroyed; ) {
    const end = Math.min(sent + TOKENS_PER_WRITE, tokens)
    let text = ''
    for (; sent < end; sent += 1) text += tokenEvent(sent)
    if (!response.write(text)) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve))
  }
}

const TOKENS_PER_WRITE = 32

const tokenEvent = (index: number) => event({ delta: { content: stampToken(index) }, finish_reason: null })

const event = (choice: object) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 0, model: 'm', choices: [{ index: 0, ...choice }] })}\n\n`

function createGate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

/** A call of the tool, or the answer once there were enough. */
function turnOf({ turns, tool }: TurnsOrder, messages: readonly Message[]): string {
  const index = messages.filter(({ role }) => role === 'tool').length
  const call = { index: 0, id: `call_${index}`, type: 'function', function: { name: tool, arguments: '{}' } }
  const [delta, finish_reason] = index < turns ? [{ tool_calls: [call] }, 'tool_calls'] : [{ content: 'Done.' }, 'stop']
  return `${event({ delta, finish_reason: null })}${event({ delta: {}, finish_reason })}data: [DONE]\n\n`
}

type Message = { role: string; content: string | null }

async function messagesOf(request: IncomingMessage): Promise<Message[]> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return (JSON.parse(text) as { messages: Message[] }).messages
}

/** The last message of a person is the order, as JSON. */
function orderOf(messages: readonly Message[]): ModelOrder | TurnsOrder {
  const content = messages.findLast(({ role }) => role === 'user')?.content ?? 'null'
  const order: unknown = JSON.parse(content)
  if (!isModelOrder(order) && !isTurnsOrder(order)) throw new Error(`The prompt is no order: ${content.slice(0, 200)}`)
  return order
}
