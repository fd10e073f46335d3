import type { Socket } from 'node:net'
import { PROBLEM_TYPE, problem, problemBody } from './problem.ts'

/**
 * Answers what Node could not read as HTTP: no request exists yet, so it is written to the socket, which is closed then.
 */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const answer =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? problem('too-large', 'The headers are larger than 16 KiB.')
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? problem('malformed-request', 'The request did not arrive in time.')
        : problem('malformed-request', 'This is not HTTP.')
  const id = crypto.randomUUID()
  const body = problemBody(answer, id)
  const text = JSON.stringify(body)
  socket.end(
    [
      `HTTP/1.1 ${body.status} ${body.title}`,
      `Content-Type: ${PROBLEM_TYPE}`,
      `Content-Length: ${Buffer.byteLength(text)}`,
      `X-Request-Id: ${id}`,
      'Connection: close',
      '',
      text,
    ].join('\r\n'),
  )
}
