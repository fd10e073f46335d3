import { renderDiagnostics } from '../diagnostics/render.ts'
import { type Translation, translate } from '../translate.ts'

export type CliParts = {
  /** `-` is the standard input. Throws when the file cannot be read. */
  readFile(file: string): Uint8Array
  print(text: string): void
  printError(text: string): void
}

const USAGE = `treadle-validate: checks documents without running them

  treadle-validate validate FILE…   every finding, as a compiler shows it
  treadle-validate compile FILE     plan, hash and bounds as JSON
  treadle-validate FILE…            as validate

FILE is JSON or YAML; - is the standard input.
Exit code: 0 no errors (there may be warnings), 1 errors, 2 wrong use or a file that cannot be read.`

/** The command line, without the process: gives the exit code. */
export function runCli(args: string[], { readFile, print, printError }: CliParts): number {
  const [first = '', ...rest] = args
  const isCommand = first === 'validate' || first === 'compile'
  const files = isCommand ? rest : args
  if (files.length === 0 || files.some((file) => file.startsWith('--'))) {
    printError(USAGE)
    return files.includes('--help') ? 0 : 2
  }
  if (first === 'compile' && files.length > 1) {
    printError('compile takes one file')
    return 2
  }
  const codes = files.map((file) => {
    let bytes: Uint8Array
    try {
      bytes = readFile(file)
    } catch (error) {
      printError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
      return 2
    }
    const result = translate(bytes)
    const shown = renderDiagnostics(result.diagnostics, file, new TextDecoder().decode(bytes))
    if (first === 'compile') {
      if (shown) printError(shown)
      const { plan, planHash, bounds } = result
      if (result.ok) print(JSON.stringify({ planHash, bounds, plan }, null, 2))
    } else {
      if (shown) print(`${shown}\n`)
      print(summaryOf(file, result))
    }
    return result.ok ? 0 : 1
  })
  return Math.max(...codes)
}

function summaryOf(file: string, { diagnostics }: Translation): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length
  const warnings = diagnostics.length - errors
  if (errors + warnings === 0) return `${file}: no findings`
  return `${file}: ${plural(errors, 'error')}, ${plural(warnings, 'warning')}`
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
