// Run as a process by `downloadBySdk`: downloads the CLI into the folder given, and prints the path of the executable.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import { messageOf } from '../clear-error.ts'

const [folder = ''] = process.argv.slice(2)
try {
  // There is no call for the download alone. The server that it starts with shows that the executable works.
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', downloadDir: folder } },
  })
  await environment.teardown()
  const [executable = ''] = await readdir(folder)
  console.log(join(folder, executable))
  process.exit(0)
} catch (error) {
  console.error(describe(error))
  process.exit(1)
}

/** The SDK's reason in one line: it tells the chain of causes, and parts of it twice. */
function describe(error: unknown): string {
  const causes = messageOf(error).replaceAll(/\s+/g, ' ').split(': ')
  return [...new Set(causes)].join(': ')
}
