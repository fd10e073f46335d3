import type { Child } from '@treadle/local'

/** A process that is killed without notice, and then started again with the same settings, as whoever manages processes does. */
export type Restartable = { readonly child: Child; crash(): Promise<void> }

export function createRestartable(first: Child, start: () => Promise<Child>): Restartable {
  let child = first
  return {
    get child() {
      return child
    },
    async crash() {
      await child.kill()
      child = await start()
    },
  }
}
