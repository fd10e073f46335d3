import { ClearError, messageOf } from '../clear-error.ts'
import type { Report } from '../report.ts'

/** A Temporal to use: a server that runs already, or the executable of one. */
export type FoundTemporal =
  | { readonly kind: 'address'; readonly address: string }
  | { readonly kind: 'executable'; readonly executable: string; readonly server: string }

/** One way to an executable. */
export type Way = {
  /** Ends the sentence "Temporal: …": `found on PATH`. */
  readonly name: string
  /** What is said before it begins, when it takes long. */
  readonly announcement?: string
  /** The path of an executable; undefined when there is none, which is no failure. @throws when it failed. */
  find(): Promise<string | undefined>
}

/** The version of an executable's server, such as `1.32.0`. @throws when it does not run, or is too old. */
export type CheckVersion = (executable: string) => Promise<string>

/**
 * Finds a Temporal server: the one at `address`, else by the first of `ways` that gives an executable which works.
 * Each way is tried only when the ones before it gave nothing, and what happened is said.
 * @throws ClearError that tells why each way failed.
 */
export async function findTemporal({
  address,
  ways,
  checkVersion,
  report,
  signal,
}: {
  address: string | undefined
  ways: readonly Way[]
  checkVersion: CheckVersion
  report: Report
  signal?: AbortSignal
}): Promise<FoundTemporal> {
  if (address !== undefined) return { kind: 'address', address }

  const failures: string[] = []
  for (const { name, announcement, find } of ways) {
    if (announcement !== undefined) report.say(announcement)
    try {
      const executable = await find()
      if (executable === undefined) continue
      const server = await checkVersion(executable)
      report.say(`Temporal ${server}: ${name} (${executable})`)
      return { kind: 'executable', executable, server }
    } catch (error) {
      signal?.throwIfAborted() // Told to end, which is no failure of this way and no reason to try the next.
      report.say(`Temporal: not ${name}: ${messageOf(error)}`)
      failures.push(`not ${name}: ${messageOf(error)}`)
    }
  }
  throw new ClearError(
    [
      'No Temporal server could be had:',
      ...failures.map((failure) => `  ${failure}`),
      'Start one and name it in TEMPORAL_ADDRESS, or put the Temporal CLI on PATH (https://docs.temporal.io/cli/setup-cli).',
    ].join('\n'),
  )
}
