import { runTool } from '../processes/run-tool.ts'

/** Worker versioning, which the stack uses, came with this server. */
const LEAST = [1, 29] as const

/**
 * The version of the server inside a Temporal CLI: `temporal --version` prints
 * `temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)`.
 * @throws Error when it does not run, says something else, or is too old.
 */
export async function serverVersion(executable: string, env: NodeJS.ProcessEnv): Promise<string> {
  const printed = await runTool(executable, ['--version'], { env })
  const [, version, major, minor] = /\(Server ((\d+)\.(\d+)[^\s,)]*)/.exec(printed) ?? []
  if (version === undefined) throw new Error(`${executable} does not say which server it has`)
  const isNewEnough = Number(major) > LEAST[0] || (Number(major) === LEAST[0] && Number(minor) >= LEAST[1])
  if (!isNewEnough) throw new Error(`its server ${version} is too old (${LEAST.join('.')} or newer is needed)`)
  return version
}
