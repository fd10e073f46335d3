import { execFile } from 'node:child_process'
import { access, constants, mkdtemp, rm } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { createReport, messageOf } from '@treadle/local'
import { type BrowserContext, chromium } from 'playwright-core'
import { inject } from 'vitest'

const run = promisify(execFile)
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

// Nothing but what the test asks of it: no network of its own, no sandbox that a container forbids.
const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
]

/** A browser with a profile of its own. Whoever opens it closes it. */
export async function openChromium(): Promise<{ context: BrowserContext; close(): Promise<void> }> {
  const executablePath = (await findOnPath()) ?? (await install())
  const profile = await mkdtemp(join(inject('shared').folder, 'chromium-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    args: FLAGS,
    chromiumSandbox: false,
  })
  return {
    context,
    async close() {
      await context.close()
      await rm(profile, { recursive: true, force: true })
    },
  }
}

async function findOnPath(): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of NAMES) {
      const file = join(folder, name)
      const isThere = await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
      if (isThere) return file
    }
  }
  return undefined
}

/** By Debian's packages, as root. @throws Error with the way out. */
async function install(): Promise<string> {
  const hint = 'The tests of the browser’s EventSource need Chromium: install it (Debian: apt-get install chromium).'
  if (process.getuid?.() !== 0) throw new Error(hint)
  createReport().say('Installing Chromium with apt-get (about a minute, once)')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  try {
    await run('apt-get', ['update'], { env })
    await run('apt-get', ['install', '--yes', '--no-install-recommends', 'chromium'], { env, maxBuffer: 64 * 2 ** 20 })
  } catch (error) {
    throw new Error(`${hint} apt-get could not: ${messageOf(error)}`)
  }
  const found = await findOnPath()
  if (found === undefined) throw new Error(hint)
  return found
}
