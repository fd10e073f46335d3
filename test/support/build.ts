import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const programs = ['../../apps/api/dist/main.js', '../../apps/worker/dist/main.js', '../../apps/local/dist/main.js']

/** Services run as production runs them, from their build. @throws Error when there is none. */
export function requireBuild(): void {
  const missing = programs
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .filter((path) => !existsSync(path))
  if (missing.length > 0) throw new Error(`Not built: ${missing.join(', ')}. Run: npm run build`)
}
