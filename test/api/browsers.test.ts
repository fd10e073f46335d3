import { describe, expect, test } from 'vitest'
import { useApi } from './support/api.ts'
import { ECHO } from './support/documents.ts'

const PAGE = 'https://console.example.com'

const preflight = {
  origin: PAGE,
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'authorization',
}

describe('An API without a list of origins', () => {
  const api = useApi()

  test('lets no page of another origin read anything', async () => {
    for (const url of ['/runs', '/healthz']) {
      const answer = await api().app.inject({ url, headers: { origin: PAGE } })
      expect(answer.headers['access-control-allow-origin']).toBeUndefined()
      expect(answer.headers['cross-origin-resource-policy']).toBe('same-origin')
    }
    const asked = await api().app.inject({ method: 'OPTIONS', url: '/runs', headers: preflight })
    expect([asked.statusCode, asked.headers.allow]).toEqual([405, 'GET, HEAD, POST'])
  })

  test('takes no form, which a browser sends without asking', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const headers = { 'content-type': type }
      const answer = await api().app.inject({
        method: 'POST',
        url: '/runs',
        payload: JSON.stringify({ ir: ECHO }),
        headers,
      })
      expect([type, answer.statusCode]).toEqual([type, 415])
    }
  })

  test('answers to no name but its own, whatever name a browser found its address by', async () => {
    for (const host of ['attacker.example', '127.0.0.1.attacker.example:8080', 'localhost.attacker.example']) {
      const answer = await api().app.inject({ url: '/runs', headers: { host } })
      expect([host, answer.statusCode]).toEqual([host, 403])
    }
    for (const host of ['localhost:8080', '127.0.0.1:8080', '[::1]:8080', 'LOCALHOST']) {
      expect([host, (await api().app.inject({ url: '/runs', headers: { host } })).statusCode]).toEqual([host, 200])
    }
  })

  test('says of each answer that nothing in it is to be run, framed or guessed at', async () => {
    for (const url of ['/healthz', '/nothing', '/problems/forbidden']) {
      const { headers } = await api().app.inject(url)
      expect(headers['content-security-policy']).toBe("default-src 'none';frame-ancestors 'none'")
      expect(headers['x-content-type-options']).toBe('nosniff')
    }
  })
})

describe('An API with a list of origins', () => {
  const api = useApi({ corsOrigins: [PAGE] })

  test('lets their pages ask, and read what they need of the answer', async () => {
    const asked = await api().app.inject({ method: 'OPTIONS', url: '/runs', headers: preflight })
    expect([asked.statusCode, asked.headers['access-control-allow-origin']]).toEqual([204, PAGE])
    expect(asked.headers['access-control-allow-headers']).toContain('Authorization')
    expect(asked.headers['access-control-allow-credentials']).toBeUndefined()
    const answer = await api().app.inject({ url: '/runs', headers: { origin: PAGE } })
    expect(answer.headers['access-control-allow-origin']).toBe(PAGE)
    expect(answer.headers['access-control-expose-headers']).toContain('ETag')
  })

  test('and no other page', async () => {
    for (const origin of [
      'https://evil.example',
      'https://console.example.com.evil.example',
      'null',
      'http://console.example.com',
    ]) {
      const answer = await api().app.inject({ url: '/runs', headers: { origin } })
      expect([origin, answer.headers['access-control-allow-origin']]).toEqual([origin, undefined])
    }
  })
})
