/** What one document may be. Whoever calls `translate` can lower or raise each of them. */
export type TranslateLimits = {
  /** Bytes of the text, as UTF-8. A YAML text is bounded by `yamlBytes` too. */
  sourceBytes: number
  /** Bytes of a YAML text. Its reader is some thirty times slower than JSON's, and reading must not hold up a server. */
  yamlBytes: number
  /** JSON values in the document, aliases of YAML expanded. */
  values: number
  /** Objects and lists inside each other, whatever they mean. */
  depth: number
  /** Nodes, those of nested bodies and inline workflows included, before expansion. */
  nodes: number
  /** Bodies inside each other. */
  nesting: number
  /** Inline and stored workflows inside each other. */
  runDepth: number
  /** One JSON Schema of the document: bytes of its JSON, and nesting. */
  schemaBytes: number
  schemaDepth: number
  /** Bytes of the plan's canonical JSON. Temporal takes payloads of 2 MiB, and history holds the plan once per continue-as-new. */
  planBytes: number
  /** Findings in one answer; past it the rest is counted, not listed. */
  findings: number
  /** The longest that a run may take by the deployment's configuration, in milliseconds; a `wait` or `receive` that is longer is a finding. */
  executionTimeoutMs: number | undefined
}

export const DEFAULT_LIMITS: TranslateLimits = {
  sourceBytes: 4 * 1024 * 1024,
  yamlBytes: 256 * 1024,
  values: 200_000,
  depth: 200,
  nodes: 2000,
  nesting: 32,
  runDepth: 5,
  schemaBytes: 64 * 1024,
  schemaDepth: 32,
  planBytes: 1024 * 1024,
  findings: 200,
  executionTimeoutMs: undefined,
}
