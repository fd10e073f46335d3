import { messageOf } from '../clear-error.ts'
import { runTool } from '../processes/run-tool.ts'

export type FoundPython = { command: string; version: string }

/** What the Python worker needs. */
const LEAST = [3, 11] as const
const NAMES = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python']
const SAY_VERSION = 'import sys; print("%d.%d.%d" % sys.version_info[:3])'

/**
 * The first Python on PATH that is new enough; TREADLE_PYTHON names another one.
 * @throws Error that says what was found instead, and how to get one
 */
export async function findPython(env: NodeJS.ProcessEnv): Promise<FoundPython> {
  const found: string[] = []
  for (const command of env.TREADLE_PYTHON ? [env.TREADLE_PYTHON] : NAMES) {
    const version = await versionOf(command, env)
    if (version === undefined) continue
    if (isNewEnough(version)) return { command, version }
    found.push(`${command} is ${version}`)
  }
  const least = LEAST.join('.')
  const instead = found.length > 0 ? found.join(', ') : 'there is none on PATH'
  throw new Error(
    `Python ${least} or newer is not here (${instead}): install it (https://www.python.org/downloads), or name one by TREADLE_PYTHON`,
  )
}

async function versionOf(command: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  try {
    return /^\d+\.\d+\.\d+$/m.exec(await runTool(command, ['-c', SAY_VERSION], { env }))?.[0]
  } catch (error) {
    if (env.TREADLE_PYTHON) throw new Error(`TREADLE_PYTHON names ${command}, which cannot be run: ${messageOf(error)}`)
    return undefined
  }
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1])
}
