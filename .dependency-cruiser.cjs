// The arrows of ARCHITECTURE.md. `npm run check` walks every import, type-only ones included, and refuses any other.

const packages = {
  contract: [],
  expressions: [],
  translator: ['contract', 'expressions'],
  interpreter: ['contract', 'expressions'],
  bridge: ['contract'],
  storage: ['contract'],
  telemetry: [],
}

const apps = {
  api: ['contract', 'translator', 'bridge', 'storage', 'telemetry'],
  worker: ['contract', 'expressions', 'interpreter', 'storage', 'telemetry'],
  local: ['contract', 'storage'],
}

const WHY = {
  contract: 'It is the leaf: everyone speaks its types, so it may depend on nobody.',
  expressions: 'It is a leaf: CEL has one home that does not know who evaluates.',
  translator: 'Translating is pure: no engine, no database, nothing of the run.',
  interpreter: 'It runs in the workflow sandbox and is replayed: only what is deterministic may come in.',
  bridge: 'It is the one home of the Temporal client and knows no plan and no database.',
  storage: 'It is the one home of Postgres and of blobs and knows no engine and no plan.',
  telemetry: 'It is the one home of OpenTelemetry and knows nothing of what it traces.',
  api: 'It answers and never executes: the interpreter, and so every node, lives in workers.',
  worker: 'It executes and never translates or serves: a plan reaches it ready.',
  local: 'It starts the others as processes, as production does, and never links them.',
}

const sourceOf = (folder) => `^${folder}/(src|dist)/`
const oneOf = (names) => (names.length === 0 ? [] : names.map((name) => `^packages/${name}/`))

const arrow = (folder, name, allowed) => ({
  name: `${name}-imports-only-${allowed.join('-') || 'itself'}`,
  comment: WHY[name],
  severity: 'error',
  from: { path: sourceOf(`${folder}/${name}`) },
  to: { path: '^(packages|apps)/', pathNot: [`^${folder}/${name}/`, ...oneOf(allowed)] },
})

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...Object.entries(packages).map(([name, allowed]) => arrow('packages', name, allowed)),
    ...Object.entries(apps).map(([name, allowed]) => arrow('apps', name, allowed)),
    {
      name: 'no-path-into-another-package',
      comment: 'Packages are imported by name, so that their exports say what is public. Export there what is missing.',
      severity: 'error',
      from: { path: '^((?:packages|apps)/[^/]+|test|bench)/' },
      to: { path: '^(packages|apps)/', pathNot: '^$1/', dependencyTypes: ['local'] },
    },
    {
      name: 'nothing-imports-tests',
      comment: 'What ships must not lean on tests, on measurements, or on what only they have.',
      severity: 'error',
      from: { path: '^(packages|apps)/', pathNot: '\\.test\\.ts$' },
      to: { path: '(^(test|bench)/|\\.test\\.ts$)' },
    },
    {
      name: 'every-import-exists',
      comment: 'An import that resolves to nothing would also slip through every rule above.',
      severity: 'error',
      from: { path: '^(packages|apps|test|bench)/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    // dependency-cruiser has no parser for TypeScript 7; swc reads the same syntax.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['treadle-source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.json', '.d.ts'],
    },
  },
}
