import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { makeKey } from '../api/support/keys.ts'
import { findSchemathesis } from '../support/schemathesis.ts'
import { useStack } from '../support/use-stack.ts'

/** The promise of openapi.yaml, held against the real servers by a program that reads nothing else of ours. */

const stack = useStack({ apiEnv: { TREADLE_API_KEYS: 'required' } })
const isFull = process.env.TREADLE_TEST_FULL !== undefined

test('whatever the document lets one send, the answer is one that it tells of', { timeout: 1_800_000 }, async () => {
  const program = await findSchemathesis()
  const admin = new pg.Pool({ connectionString: stack().database.adminUrl, max: 1 })
  const { key } = await makeKey(admin)
  await admin.end()

  writeFileSync(join(stack().folder, 'schemathesis.toml'), SETTINGS)
  const { code, output } = await st(program, [
    'run',
    openapiFile(),
    `--url=${stack().url}`,
    `--header=Authorization: Bearer ${key}`,
    '--checks=all',
    // A document that fits its schema may have findings all the same, and a cursor may be one of another list.
    '--exclude-checks=positive_data_acceptance',
    '--phases=examples,coverage,fuzzing,stateful',
    `--max-examples=${isFull ? 200 : 4}`,
    '--seed=1',
    '--no-shrink',
    '--continue-on-failure',
    '--request-timeout=40',
    '--max-response-time=35',
    '--no-color',
  ])
  expect(code, output).toBe(0)
})

/**
 * openapi.yaml, but that a document is anything: whether it is one is what its routes are asked, and they answer with findings; and the
 * program would take hours to go through what the schema of documents lets one write.
 */
function openapiFile(): string {
  const openapi = parse(readFileSync(fileURLToPath(new URL('../../openapi.yaml', import.meta.url)), 'utf8'))
  openapi.components.schemas.Ir = {}
  const file = join(stack().folder, 'openapi.yaml')
  writeFileSync(file, stringify(openapi))
  return file
}

/** Its own list of how wrong data is refused lacks 413: a query may be too large before it is anything else. */
const SETTINGS = `[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429]
`

function st(program: string, args: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: stack().folder, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk
      })
    }
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, output: output.slice(-40_000) }))
  })
}
