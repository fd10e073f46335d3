import { availableParallelism, cpus, platform, totalmem } from 'node:os'

/** What a figure depends on, without saying whose machine it was. */
export function describeMachine(versions?: string): string {
  const model = cpus()[0]?.model.trim().replace(/\s+/g, ' ') ?? 'unknown processor'
  const parts = [
    `${availableParallelism()} × ${model}`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    platform(),
    `Node ${process.versions.node}`,
    ...(versions ? [versions] : []),
  ]
  return parts.join(', ')
}
