/** Does it until it is done, or until `retry` is not there or throws. */
export async function persistently(
  work: () => Promise<void>,
  retry: ((error: unknown) => Promise<void>) | undefined,
): Promise<void> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!retry) throw error
      await retry(error)
    }
  }
}
