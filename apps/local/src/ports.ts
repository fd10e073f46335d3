import { createServer } from 'node:net'
import { ClearError } from './clear-error.ts'

/** A port of 127.0.0.1 that was free a moment ago. */
export function freePort(): Promise<number> {
  return listenOnce(0)
}

/**
 * Makes sure that a port can be had before anything is started on it.
 * @throws ClearError that names the port, who wants it, and the variable that changes it.
 */
export async function requireFreePort(
  port: number,
  { who, variable }: { who: string; variable: string },
): Promise<void> {
  if (port === 0) return
  try {
    await listenOnce(port)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why = code === 'EADDRINUSE' ? 'is in use already' : `cannot be used (${code})`
    throw new ClearError(
      `Port ${port}, where ${who} would listen, ${why}: end what uses it, or set ${variable} to another.`,
    )
  }
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port))
    })
  })
}
