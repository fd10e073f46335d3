import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { freePort, requireFreePort } from './ports.ts'

test('a port in use is one sentence that names the port, who wants it, and the way out', async () => {
  const server = createServer()
  onTestFinished(() => void server.close())
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await expect(requireFreePort(port, { who: 'the API', variable: 'TREADLE_API_PORT' })).rejects.toThrow(
    `Port ${port}, where the API would listen, is in use already: end what uses it, or set TREADLE_API_PORT to another.`,
  )
})

test('a free port, and the wish for any port, pass', async () => {
  await requireFreePort(await freePort(), { who: 'the API', variable: 'TREADLE_API_PORT' })
  await requireFreePort(0, { who: 'the API', variable: 'TREADLE_API_PORT' })
})
