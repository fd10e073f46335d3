import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { manifest, root } from './environment.mjs'
import { StepError, say, seconds } from './report.mjs'
import { runCommand } from './run-command.mjs'

const stampFile = join(root, 'node_modules', '.treadle-installed')

/** Installs what the lockfile names, with the pinned pnpm; does nothing when that was done already. */
export async function install() {
  const stamp = lockfileStamp()
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return
  const startedAt = performance.now()
  const [command, ...prefix] = await findPnpm()
  say(`Installing the packages of pnpm-lock.yaml (a minute the first time)`)
  // Without a terminal pnpm would ask nobody whether it may replace a node_modules that another tool made.
  const { code, output } = await runCommand(command, [...prefix, 'install', '--frozen-lockfile'], {
    env: { CI: 'true' },
  })
  if (code !== 0) throw new StepError(explainInstallFailure(output))
  writeFileSync(stampFile, stamp)
  say(`Installed in ${seconds(startedAt)}`)
}

// The platform belongs to it: native packages of one machine do not serve another that shares the folder.
function lockfileStamp() {
  const files = ['pnpm-lock.yaml', 'pnpm-workspace.yaml'].map((name) => readFileSync(join(root, name)))
  const hash = createHash('sha256')
  for (const file of files) hash.update(file)
  return `${process.platform}-${process.arch} ${hash.digest('hex')}\n`
}

/** The pinned pnpm: the one on PATH if it is exactly that version, else by npx, which fetches it once. */
async function findPnpm() {
  const pinned = manifest.packageManager.replace('pnpm@', '')
  // Outside the repository, or pnpm would first download the version that package.json names and then report that.
  const { code, output } = await runCommand('pnpm', ['--version'], { cwd: tmpdir(), quiet: true })
  return code === 0 && output.trim() === pinned ? ['pnpm'] : ['npx', '-y', `pnpm@${pinned}`]
}

/** Turns what pnpm or npx printed into one sentence with the way out. */
export function explainInstallFailure(output) {
  const reason = REASONS.find(({ pattern }) => pattern.test(output))
  return (
    reason?.sentence ?? 'The packages could not be installed: pnpm says above why. Mend that and run the command again.'
  )
}

const REASONS = [
  {
    pattern: /ENOSPC|no space left/i,
    sentence: 'The packages could not be installed: the disk is full. Free about 1 GB and run the command again.',
  },
  {
    pattern: /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_PNPM_META_FETCH_FAIL/,
    sentence:
      'The packages could not be installed: the npm registry cannot be reached. Check the network or the proxy ' +
      '(HTTPS_PROXY), or name a mirror with `npm config set registry <url>`, and run the command again.',
  },
  {
    pattern: /ERR_PNPM_OUTDATED_LOCKFILE/,
    sentence: 'pnpm-lock.yaml does not fit the package.json files: run `pnpm install` and commit the lockfile.',
  },
  {
    pattern: /EACCES|EPERM/,
    sentence:
      'The packages could not be installed: node_modules cannot be written. Make the checkout writable for you.',
  },
]
