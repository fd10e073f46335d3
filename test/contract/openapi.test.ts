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

/**
 * Where data that fits its schema may be refused all the same, by what no schema says; the program's own list is for all others: success, or
 * a status that has to do with who asks, and when.
 */
const MAY_REFUSE: { operations: string[]; status: number; why: string }[] = [
  {
    operations: ['listRuns', 'listWorkflows', 'listWorkflowVersions'],
    status: 400,
    why: 'a cursor is one of this list with this filter',
  },
  { operations: ['streamRun', 'streamRuns'], status: 400, why: 'a position is one of these runs' },
  { operations: ['getResult'], status: 400, why: 'a wait is a time of up to a minute' },
  {
    operations: ['startRun', 'forkRun', 'rerun', 'putBlob', 'sendSignal', 'validate', 'compile', 'putWorkflow'],
    status: 400,
    why: 'where any JSON may stand, a number is one that is kept exactly, a text one of Unicode, and a document one that can be read',
  },
  { operations: ['resumeRun'], status: 400, why: 'a limit that is raised is one that the run has' },
  { operations: ['decodePayloads'], status: 400, why: 'what is decrypted was encrypted with a key of ours' },
  {
    operations: ['startRun', 'forkRun', 'rerun', 'putWorkflow'],
    status: 422,
    why: 'a document has findings, an input does not fit it',
  },
  {
    operations: [
      'startRun',
      'forkRun',
      'rerun',
      'putBlob',
      'sendSignal',
      'cancelRun',
      'terminateRun',
      'pauseRun',
      'resumeRun',
    ],
    status: 422,
    why: 'an Idempotency-Key was sent before with something else',
  },
  { operations: ['putWorkflow', 'putWorkflowLabel'], status: 412, why: 'a condition does not hold' },
  { operations: ['getBlob'], status: 416, why: 'a range is one of the blob' },
]

/** Its own list of how wrong data is refused lacks 413: a query may be too large before it is anything else. */
const SETTINGS = `[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429]
${[...new Set(MAY_REFUSE.flatMap(({ operations }) => operations))].map(settingsOf).join('')}`

function settingsOf(operation: string): string {
  const refusals = MAY_REFUSE.filter(({ operations }) => operations.includes(operation))
  const statuses = ['2xx', '3xx', 401, 403, 404, 409, 429, '5xx', ...refusals.map(({ status }) => status)]
  return `
[[operations]]
include-operation-id = "${operation}"
checks.positive_data_acceptance.expected-statuses = ${JSON.stringify([...new Set(statuses)])}
`
}

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
