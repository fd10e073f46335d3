// The one entry of `npm start`, `npm test`, `npm run check` and `npm run generate`: set-up first, then the command.
// Plain Node without dependencies, since it runs before anything is installed.
import { bench } from './bench.mjs'
import { build } from './build.mjs'
import { check } from './check.mjs'
import { requireNode } from './environment.mjs'
import { faults } from './faults.mjs'
import { generate } from './generate.mjs'
import { install } from './install.mjs'
import { StepError } from './report.mjs'
import { start } from './start.mjs'
import { test } from './test.mjs'

const commands = {
  start: async () => {
    await build(['apps/api', 'apps/worker', 'apps/local']) // Without tests and measurements.
    return start()
  },
  test: (flags) => test({ full: flags.includes('--full') }),
  bench: async (flags) => {
    await build()
    return bench(flags)
  },
  faults: async (flags) => {
    await build()
    return faults(flags)
  },
  check: async () => (await check()).failed === 0,
  generate: async (flags) => generate({ checkOnly: flags.includes('--check') }),
}

async function main([name = '', ...flags]) {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command) throw new StepError(`Unknown command "${name}": it is one of ${Object.keys(commands).join(', ')}.`)
  requireNode()
  await install()
  return command(flags)
}

try {
  process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1
} catch (error) {
  console.error(error instanceof StepError ? `\n✗ ${error.message}` : error)
  process.exitCode = 1
}
