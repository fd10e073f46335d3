import type { Socket } from 'node:net'
import { wrongMethod } from './allowed-methods.ts'
import { PROBLEM_TYPE, problem, problemBody } from './problem.ts'

/**
 * Answers what Node could not read as HTTP: no request exists yet, so it is written to the socket, which is closed then.
 */
export function answerClientError(
  error: NodeJS.ErrnoException & { rawPacket?: unknown },
  socket: Socket,
  allowedMethodsOf: (url: string) => string[],
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const allowed = error.code === 'HPE_INVALID_METHOD' ? allowedMethodsOf(targetOf(error.rawPacket)) : []
  const answer =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? problem('too-large', 'The headers are larger than 16 KiB.')
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? problem('malformed-request', 'The request did not arrive in time.')
        : allowed.length > 0
          ? wrongMethod('This method', allowed)
          : problem('malformed-request', 'This is not HTTP.')
  const id = crypto.randomUUID()
  const body = problemBody(answer, id)
  const text = JSON.stringify(body)
  socket.end(
    [
      `HTTP/1.1 ${body.status} ${body.title}`,
      `Content-Type: ${PROBLEM_TYPE}`,
      `Content-Length: ${Buffer.byteLength(text)}`,
      ...(allowed.length > 0 ? [`Allow: ${allowed.join(', ')}`] : []),
      `X-Request-Id: ${id}`,
      'Connection: close',
      '',
      text,
    ].join('\r\n'),
  )
}

/** The target of a request whose method Node does not know: nothing else of it was read. */
const targetOf = (packet: unknown): string =>
  /^[A-Z][A-Z-]{0,30} (\/[\x21-\x7e]{0,8000}) HTTP\/1\.[01]\r\n/.exec(
    Buffer.isBuffer(packet) ? packet.toString('latin1') : '',
  )?.[1] ?? ''
