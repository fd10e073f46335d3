import { spawn } from 'node:child_process'
import { root } from './environment.mjs'

const TAIL_CHARACTERS = 20_000

// Programs see a pipe, and would print without colours although a terminal shows it.
const COLOURS = process.stdout.isTTY && !process.env.NO_COLOR ? { FORCE_COLOR: '1' } : {}

/**
 * Runs a program in the repository's root and shows its output as it comes.
 *
 * Resolves to its exit code (1 when a signal ended it, 127 when it could not be started) and, unless the terminal was
 * handed over with `interactive`, to the tail of what it printed (`keep` characters), from which a caller can tell why it failed.
 */
export function runCommand(
  command,
  args,
  { cwd = root, env = {}, quiet = false, interactive = false, keep = TAIL_CHARACTERS } = {},
) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...COLOURS, ...env },
      stdio: interactive ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    const take = (target) => (chunk) => {
      if (!quiet) target.write(chunk)
      output = (output + chunk).slice(-keep)
    }
    child.stdout?.on('data', take(process.stdout))
    child.stderr?.on('data', take(process.stderr))
    child.once('error', (error) => resolve({ code: 127, output: `${output}${error.message}` }))
    child.once('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

/** Runs a JavaScript file with this same Node. */
export const runNode = (file, args = [], options = {}) => runCommand(process.execPath, [file, ...args], options)
