#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { runCli } from './cli/run-cli.ts'

process.exitCode = runCli(process.argv.slice(2), {
  readFile: (file) => readFileSync(file === '-' ? 0 : file),
  print: (text) => process.stdout.write(`${text}\n`),
  printError: (text) => process.stderr.write(`${text}\n`),
})
