import { createServer, type Server } from 'node:http'
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openApi, type TestApi } from '../api/support/api.ts'

const ISSUER = 'https://issuer.example'
const AUDIENCE = 'treadle'

let api: TestApi & { close(): Promise<void> }
let jwks: Server
let isIssuerDown = false
let askedForKeys = 0
const signing = await generateKeyPair('RS256', { extractable: true })
const stranger = await generateKeyPair('RS256')

beforeAll(async () => {
  const keys = [{ ...(await exportJWK(signing.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }]
  jwks = createServer((_, response) => {
    askedForKeys += 1
    response.writeHead(isIssuerDown ? 500 : 200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }))
  })
  await new Promise<void>((resolve) => jwks.listen(0, '127.0.0.1', resolve))
  const { port } = jwks.address() as { port: number }
  const tokens = { issuer: ISSUER, audience: AUDIENCE, jwksUrl: `http://127.0.0.1:${port}/jwks`, tenantClaim: 'tenant' }
  api = await openApi({ needsKeys: true, tokens })
})
afterAll(async () => {
  await api.close()
  await new Promise((resolve) => jwks.close(resolve))
})

const now = () => Math.floor(Date.now() / 1_000)

const CLAIMS = { tenant: 'acme', scope: 'runs:read runs:write' }
const good = (): JWTPayload => ({ ...CLAIMS, iss: ISSUER, aud: AUDIENCE, sub: 'ada', iat: now(), exp: now() + 600 })

const sign = (claims: JWTPayload, header: object = {}, key: Parameters<SignJWT['sign']>[0] = signing.privateKey) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'one', ...header }).sign(key)

const statusOf = async (token: string, url = '/runs') =>
  (await api.app.inject({ url, headers: { authorization: `Bearer ${token}` } })).statusCode

test('a good token opens its tenant, and what its scopes name', async () => {
  expect(await statusOf(await sign(good()))).toBe(200)
  expect(await statusOf(await sign({ ...good(), scope: 'runs:write something:else' }))).toBe(403)
  expect(await statusOf(await sign({ ...good(), scope: undefined, scp: ['runs:read'] }))).toBe(200)
  expect(await statusOf(await sign(good()), '/workflows')).toBe(403)
})

test('a token without a signature is refused', async () => {
  expect(await statusOf(new UnsecuredJWT(good()).encode())).toBe(401)
})

test('a token signed with the public key as if it were a shared secret is refused', async () => {
  const secret = new TextEncoder().encode(await exportSPKI(signing.publicKey))
  expect(await statusOf(await sign(good(), { alg: 'HS256' }, secret))).toBe(401)
})

test('a token of a stranger is refused, whatever key it names and wherever it says that it is', async () => {
  const { privateKey } = stranger
  const jwk = await exportJWK(stranger.publicKey)
  for (const header of [
    {},
    { kid: 'two' },
    { kid: '../../../dev/null' },
    { kid: "one' or '1'='1" },
    { jwk },
    { jku: 'https://evil.example/jwks' },
    { x5u: 'https://evil.example/cert' },
  ]) {
    expect([header, await statusOf(await sign(good(), header, privateKey))]).toEqual([header, 401])
  }
})

test.each<[string, () => object]>([
  ['for another audience', () => ({ ...good(), aud: 'somebody-else' })],
  ['of another issuer', () => ({ ...good(), iss: 'https://evil.example' })],
  ['that has expired', () => ({ ...good(), iat: now() - 1_200, exp: now() - 600 })],
  ['that is to be good later', () => ({ ...good(), nbf: now() + 600 })],
  ['made in the future', () => ({ ...good(), iat: now() + 600, exp: now() + 1_200 })],
  ['older than an hour, whatever it says', () => ({ ...good(), iat: now() - 7_200, exp: now() + 86_400 })],
  ['without an end', () => ({ ...good(), exp: undefined })],
  ['without a beginning', () => ({ ...good(), iat: undefined })],
  ['without a subject', () => ({ ...good(), sub: undefined })],
  ['of no tenant', () => ({ ...good(), tenant: undefined })],
  ['of a tenant that is no name', () => ({ ...good(), tenant: "x'; drop table runs" })],
  ['of several tenants', () => ({ ...good(), tenant: ['acme', 'globex'] as never })],
])('a token %s is refused', async (_, claims) => {
  expect(await statusOf(await sign(JSON.parse(JSON.stringify(claims()))))).toBe(401)
})

test('a token that was changed anywhere is refused', async () => {
  const token = await sign(good())
  const [header = '', payload = '', signature = ''] = token.split('.')
  const other = Buffer.from(JSON.stringify({ ...good(), tenant: 'globex' })).toString('base64url')
  for (const changed of [`${header}.${other}.${signature}`, `${header}.${payload}.`, `${header}.${payload}`]) {
    expect(await statusOf(changed)).toBe(401)
  }
})

test('neither a key nor a token is taken from the URL', async () => {
  const token = await sign(good())
  for (const name of ['access_token', 'token', 'key', 'api_key', 'ticket', 'authorization']) {
    expect([name, (await api.app.inject(`/runs?${name}=${token}`)).statusCode]).toEqual([name, 401])
  }
})

test('an issuer that cannot be reached is told as such, and nobody gets in by that', async () => {
  isIssuerDown = true
  const { port } = jwks.address() as { port: number }
  const tokens = { issuer: ISSUER, audience: AUDIENCE, jwksUrl: `http://127.0.0.1:${port}/jwks`, tenantClaim: 'tenant' }
  const other = await openApi({ needsKeys: true, tokens })
  try {
    const headers = { authorization: `Bearer ${await sign(good())}` }
    const answer = await other.app.inject({ url: '/runs', headers })
    expect([answer.statusCode, answer.json().type]).toEqual([503, '/problems/dependency-unavailable'])
  } finally {
    isIssuerDown = false
    await other.close()
  }
})

test('tokens of unknown keys, however many, do not make us ask the issuer for each', async () => {
  await statusOf(await sign(good()))
  const before = askedForKeys
  for (let n = 0; n < 15; n++) {
    expect(await statusOf(await sign(good(), { kid: `unknown-${n}` }, stranger.privateKey))).toBe(401)
  }
  expect(askedForKeys - before).toBeLessThanOrEqual(1)
})
