import { expect, test } from 'vitest'
import { explainInstallFailure } from './install.mjs'

test.each([
  [
    'ERR_PNPM_META_FETCH_FAIL GET https://registry.npmjs.org/x: request failed, reason: getaddrinfo ENOTFOUND',
    'registry cannot be reached',
  ],
  ['npm error code ECONNREFUSED', 'registry cannot be reached'],
  ['ENOSPC: no space left on device, write', 'the disk is full'],
  ['ERR_PNPM_OUTDATED_LOCKFILE Cannot install with "frozen-lockfile"', 'run `pnpm install` and commit the lockfile'],
  ["EACCES: permission denied, mkdir '/srv/treadle/node_modules'", 'Make the checkout writable'],
  ['something new', 'pnpm says above why'],
])('a failed installation is one sentence with the way out: %s', (output, sentence) => {
  const explained = explainInstallFailure(output)
  expect(explained).toContain(sentence)
  expect(explained).not.toContain('\n')
})
