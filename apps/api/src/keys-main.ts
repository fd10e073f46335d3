// Makes and ends API keys: `node apps/api/dist/keys-main.js create --name ci`. For operators, on the database itself.
import { createKeyAdmin, createPool } from '@treadle/storage'
import { readArguments, USAGE } from './keys/arguments.ts'
import { runKeyCommand } from './keys/run-command.ts'

const url = process.env.TREADLE_ADMIN_DATABASE_URL
const command = readArgumentsOrExit()
const pool = createPool({ url: url ?? '', applicationName: 'treadle keys', max: 1 })
try {
  for (const line of await runKeyCommand(command, createKeyAdmin({ pool }))) console.log(line)
} catch (error) {
  console.error(`✗ ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
} finally {
  await pool.end()
}

function readArgumentsOrExit() {
  try {
    if (!url) throw new Error('TREADLE_ADMIN_DATABASE_URL is missing.')
    return readArguments(process.argv.slice(2))
  } catch (error) {
    console.error(`✗ ${error instanceof Error ? error.message : error}\n${USAGE}`)
    process.exit(2)
  }
}
