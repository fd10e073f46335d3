import { readFileSync } from 'node:fs'

export type TemporalTls = true | { serverRootCACertificate?: Buffer; clientCertPair?: { crt: Buffer; key: Buffer } }

/** TLS to Temporal, by the names of Temporal's own environment configuration. What is wrong is added to `wrong`. */
export function readTemporalTls(env: NodeJS.ProcessEnv, wrong: string[]): TemporalTls | undefined {
  const file = (name: string): Buffer | undefined => {
    const path = env[name]
    if (!path) return undefined
    try {
      return readFileSync(path)
    } catch {
      wrong.push(`${name} names a file that cannot be read`)
      return undefined
    }
  }
  const ca = file('TEMPORAL_TLS_SERVER_CA_CERT_PATH')
  const crt = file('TEMPORAL_TLS_CLIENT_CERT_PATH')
  const key = file('TEMPORAL_TLS_CLIENT_KEY_PATH')
  if (ca || (crt && key)) {
    return { ...(ca && { serverRootCACertificate: ca }), ...(crt && key && { clientCertPair: { crt, key } }) }
  }
  return env.TEMPORAL_TLS === 'true' ? true : undefined
}
