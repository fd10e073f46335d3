import { fileURLToPath } from 'node:url'
import type { Child, Supervisor } from '@treadle/local'

/** Starts a built file of this folder and waits for the line that says `message`. Resolves to it and the port in the line. */
export async function spawnBuilt(
  supervisor: Supervisor,
  { name, file, env, message }: { name: string; file: string; env: NodeJS.ProcessEnv; message: string },
): Promise<{ child: Child; port: number }> {
  const child = await supervisor.start({
    name,
    command: process.execPath,
    args: [fileURLToPath(new URL(`../${file}`, import.meta.url))],
    env: { ...process.env, NODE_ENV: 'production', ...env },
  })
  const port = await child.line((line) => {
    if (!line.startsWith('{')) return undefined
    const { msg, port: listening = 0 } = JSON.parse(line) as { msg?: string; port?: number }
    return msg === message ? listening : undefined
  })
  return { child, port }
}
