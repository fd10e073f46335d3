import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where what is fetched or built once is kept for this user: `$XDG_CACHE_HOME/treadle`, else `~/.cache/treadle`. */
export const cacheFolder = (env: NodeJS.ProcessEnv = process.env): string =>
  join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'treadle')
