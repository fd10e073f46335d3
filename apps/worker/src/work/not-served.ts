import { TreadleError } from '@treadle/contract'

/** For kinds of work that this worker does not execute. */
export const notServed = (kind: string) => async (): Promise<never> => {
  throw new TreadleError('invalid_request', `The TypeScript worker does not execute "${kind}".`)
}
