import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * Writes files that are made of something else, those that differ; with `--check` on the command line nothing is written: then it names the
 * stale ones, and the process ends with 1. `files`: texts by URL; `from` says what they are made of.
 */
export function writeGenerated(files, from) {
  const stale = [...files].filter(([url, text]) => readIfThere(url) !== text)
  if (!process.argv.includes('--check')) {
    for (const [url, text] of stale) writeFileSync(url, text)
    return
  }
  if (stale.length === 0) return
  console.error(
    `Stale, made from ${from}: ${stale.map(([url]) => fileURLToPath(url)).join(', ')}\nRun: npm run generate`,
  )
  process.exitCode = 1
}

/** The texts of a folder's files, as `writeGenerated` takes them. */
export const inFolder = (folder, texts) =>
  new Map(Object.entries(texts).map(([name, text]) => [new URL(name, folder), text]))

function readIfThere(url) {
  try {
    return readFileSync(url, 'utf8')
  } catch {
    return undefined
  }
}
