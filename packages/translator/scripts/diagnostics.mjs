/**
 * Writes docs/diagnostics.md from the table of codes. With --check nothing is written: exit code 1 where it is stale.
 * Reads the build of the package: `pnpm tsc -b packages/translator` first.
 */
import { writeGenerated } from '../../../scripts/generated-files.mjs'
import { CODE_GROUPS } from '../dist/index.js'

const file = new URL('../../../docs/diagnostics.md', import.meta.url)
const text = page()

writeGenerated(new Map([[file, text]]), 'the table of codes')

function page() {
  const parts = [
    '<!-- Made by packages/translator/scripts/diagnostics.mjs from packages/translator/src/diagnostics/codes. Do not edit: npm run generate. -->',
    '# Findings',
    'What the translator can find in a document, before anything of it is run. All findings come in one answer, sorted by place: from `POST /validate`, from `POST /runs` (422) and from `treadle-validate FILE`. Each has a `code` (stable), a `severity` (an error stops the document, a warning does not), a `path` (JSON Pointer), where a text was given a `range`, a `message`, and a `hint`.',
    'Each section has a smallest document that gives the finding, and the same document corrected. The tests run them all.',
  ]
  for (const [group, codes] of Object.entries(CODE_GROUPS)) {
    parts.push(
      `- ${group}: ${Object.keys(codes)
        .map((code) => `[\`${code}\`](#${code})`)
        .join(', ')}`,
    )
  }
  for (const [group, codes] of Object.entries(CODE_GROUPS)) {
    parts.push(`## ${group}`)
    for (const [code, row] of Object.entries(codes)) parts.push(...section(code, row))
  }
  return `${parts.join('\n\n')}\n`
}

function section(code, row) {
  return [
    `### ${code}`,
    `**${row.title}** (${row.severity}). ${row.explanation}`,
    `What to do: ${row.hint}.`,
    `Found at ${row.at === '' ? 'the document as a whole' : `\`${row.at.length > 60 ? `${row.at.slice(0, 60)}…` : row.at}\``}${row.options ? `, with the options \`${shown(row.options)}\`` : ''}:`,
    fenced(row.wrong),
    'Corrected:',
    fenced(row.right),
  ]
}

function shown(options) {
  return JSON.stringify(options, (_, value) => (typeof value === 'function' ? '(name, version) => none' : value))
}

function fenced(text) {
  const short = text
    .split('\n')
    .map((line) => (line.length > 300 ? `${line.slice(0, 300)} …` : line))
    .join('\n')
  return `\`\`\`${text.trimStart().startsWith('{') ? 'json' : 'yaml'}\n${short.trimEnd()}\n\`\`\``
}
