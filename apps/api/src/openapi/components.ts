/** The name under which a shape of schemas/ stands in the OpenAPI document: `Run`, `StartRun`; the IR's own with a prefix. */
export function componentName($ref: string, file = ''): string {
  const [target = '', fragment = ''] = $ref.split('#')
  const inFile = target || file
  const prefix = inFile.split('.')[0] ?? ''
  const definition = fragment.replace(/^\/\$defs\//, '')
  const base = pascal(prefix)
  if (definition === '') return base
  return SHARED.has(prefix)
    ? definition
    : `${base}${definition.startsWith(base) ? definition.slice(base.length) : definition}`
}

/** Files whose definitions have names that are their own everywhere. */
const SHARED = new Set(['common', 'run', 'api', 'problem', 'event'])

const pascal = (name: string): string =>
  name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')

/** Every shape of schemas/ as a component, its references turned into local ones. */
export function components(schemas: Record<string, object>): Record<string, object> {
  const all: Record<string, object> = {}
  for (const [file, schema] of Object.entries(schemas)) {
    const {
      $defs = {},
      $schema,
      $id,
      ...root
    } = schema as { $defs?: Record<string, object>; $schema?: string; $id?: string }
    const local = (part: object) =>
      localRefs(part, ($ref) => ({ $ref: `#/components/schemas/${componentName($ref, file)}` })) as object
    const hasRoot = Object.keys(root).some((key) => key !== 'title' && key !== 'description')
    if (hasRoot) all[componentName(file)] = local(root)
    for (const [name, definition] of Object.entries($defs))
      all[componentName(`${file}#/$defs/${name}`)] = local(definition)
  }
  return Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** A copy in which `replace` stands for each `$ref`; what stands beside one is kept. */
export function localRefs(value: unknown, replace: ($ref: string) => object): unknown {
  if (Array.isArray(value)) return value.map((part) => localRefs(part, replace))
  if (typeof value !== 'object' || value === null) return value
  const { $ref, ...rest } = value as { $ref?: unknown }
  const copy = Object.fromEntries(Object.entries(rest).map(([key, part]) => [key, localRefs(part, replace)]))
  return typeof $ref === 'string' ? { ...copy, ...replace($ref) } : copy
}

/** The components that `document` refers to, directly or through others: schemas/ has shapes that no client meets. */
export function reachable(document: unknown, all: Record<string, object>): Record<string, object> {
  const found = new Set<string>()
  const look = (part: unknown) =>
    localRefs(part, ($ref) => {
      const name = $ref.replace('#/components/schemas/', '')
      if (!found.has(name)) {
        found.add(name)
        look(all[name])
      }
      return {}
    })
  look(document)
  return Object.fromEntries(Object.entries(all).filter(([name]) => found.has(name)))
}
