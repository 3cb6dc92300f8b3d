/**
 * Five projects, one run. House rules go first because they are the quickest to fail; the end-to-end files go last and one
 * at a time, because each starts the whole product and a browser. `test/bench` measures and is not part of the tests.
 */
import vue from '@vitejs/plugin-vue'
import { configDefaults, defineConfig } from 'vitest/config'
import { countReporter } from './test/tools/count-reporter.ts'

const SECOND = 1000
/** Making a replication slot waits for every writing transaction of the whole server, so these files run alone. */
const REPLICATION = [
  'test/sources/replication/**/*.test.ts',
  'test/sources/sources-command.test.ts',
  'test/pipelines/replication.test.ts',
  'test/properties/history-source.test.ts',
  'test/packs/lakehouse/**/*.test.ts',
]
/** A poll ends as soon as it holds; this is only how long a slow, busy machine may take. */
const expectOptions = { poll: { timeout: 60 * SECOND } }
/** File for the counts that `.ci/run` ends with. */
const results = process.env['QUINTILE_TEST_RESULTS']

export default defineConfig({
  test: {
    // Only the root's global setup is shared by all projects: one PostgreSQL for the whole run.
    globalSetup: ['test/tools/warehouse-server.ts'],
    maxWorkers: 2,
    reporters: results === undefined ? ['default'] : ['default', countReporter(results)],
    projects: [
      {
        test: {
          name: 'house-rules',
          include: ['test/house-rules/**/*.test.ts'],
          maxWorkers: 2,
          testTimeout: 120 * SECOND,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'rooms',
          expect: expectOptions,
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, 'test/{house-rules,end-to-end,renderer,bench}/**', ...REPLICATION],
          setupFiles: ['test/tools/open-handles.ts'],
          maxWorkers: 2,
          testTimeout: 120 * SECOND,
          hookTimeout: 120 * SECOND,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'replication',
          expect: expectOptions,
          include: REPLICATION,
          setupFiles: ['test/tools/open-handles.ts'],
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 120 * SECOND,
          hookTimeout: 120 * SECOND,
          sequence: { groupOrder: 2 },
        },
      },
      {
        // Files that need a document say `@vitest-environment happy-dom` in their first lines.
        plugins: [vue()],
        test: {
          name: 'renderer',
          expect: expectOptions,
          include: ['test/renderer/**/*.test.ts'],
          maxWorkers: 2,
          testTimeout: 15 * SECOND,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'end-to-end',
          expect: expectOptions,
          include: ['test/end-to-end/**/*.test.ts'],
          setupFiles: ['test/tools/open-handles.ts'],
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 180 * SECOND,
          hookTimeout: 180 * SECOND,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
})
