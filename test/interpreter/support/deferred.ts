/** A promise that the test settles itself; Node 20 has no Promise.withResolvers. */
export function deferred() {
  let resolve = () => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
