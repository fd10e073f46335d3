import { Connection, type TLSConfig } from '@temporalio/client'

export type { Connection }

export type ConnectionOptions = {
  /** `host:port` of Temporal's frontend. */
  address: string
  /** Of Temporal Cloud. */
  apiKey?: string
  /** true: TLS with the system's roots. */
  tls?: TLSConfig | true
}

/**
 * A connection that is made by its first call. gRPC waits up to two minutes between two attempts to reach a server that
 * was gone; a Temporal that is back serves again within seconds here.
 */
export const connectLazily = ({ address, apiKey, tls }: ConnectionOptions): Connection =>
  Connection.lazy({
    address,
    ...(apiKey !== undefined && { apiKey }),
    ...(tls !== undefined && { tls }),
    channelArgs: { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 2_000 },
  })
