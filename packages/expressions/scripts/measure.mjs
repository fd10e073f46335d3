/**
 * Times one engine where it runs, in Node or in a sandbox, which has no clock: so `now` is passed in.
 * Both give microseconds per call.
 */
export const createMeasure = ({ prepare, bind }) => ({
  /**
   * The scope is bound before: the libraries are given CEL values, ours JSON, which it converts each time. The text is
   * read here, as objects of another context are strange.
   */
  evaluate(source, scopeText, times, now) {
    const run = prepare(source)
    const scope = bind(JSON.parse(scopeText))
    return perCall(times, now, () => run(scope))
  },

  /** Each time another source, as one of the engines remembers them. */
  parse(source, times, now) {
    let i = 0
    return perCall(times, now, () => prepare(`${source} || ${++i + now()} < 0.0`))
  },
})

function perCall(times, now, work) {
  const start = now()
  for (let i = 0; i < times; i++) work()
  return ((now() - start) * 1000) / times
}
