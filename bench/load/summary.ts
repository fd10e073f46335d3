import { quantile } from '../harness/statistics.ts'

export const summaryOf = (delays: readonly number[]) => ({
  p50: quantile(delays, 0.5),
  p99: quantile(delays, 0.99),
  max: quantile(delays, 1),
})

export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
