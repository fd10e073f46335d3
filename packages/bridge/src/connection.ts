import { Connection } from '@temporalio/client'

export type { Connection }

/**
 * A connection that is made by its first call. gRPC waits up to two minutes between two attempts to reach a server that
 * was gone; a Temporal that is back serves again within seconds here.
 */
export const connectLazily = (address: string): Connection =>
  Connection.lazy({
    address,
    channelArgs: { 'grpc.initial_reconnect_backoff_ms': 100, 'grpc.max_reconnect_backoff_ms': 2_000 },
  })
