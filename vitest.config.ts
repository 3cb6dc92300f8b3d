/**
 * Four projects, one run. House rules go first because they are the quickest to fail; the end-to-end files go last and one
 * at a time, because each starts the whole product and a browser. `test/bench` measures and is not part of the tests.
 */
import vue from '@vitejs/plugin-vue'
import { configDefaults, defineConfig } from 'vitest/config'
import { countReporter } from './test/tools/count-reporter.ts'

const SECOND = 1000
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
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, 'test/{house-rules,end-to-end,renderer,bench}/**'],
          setupFiles: ['test/tools/open-handles.ts'],
          maxWorkers: 2,
          // A replication slot waits for every writing transaction of the server, those of other files too.
          testTimeout: 120 * SECOND,
          hookTimeout: 120 * SECOND,
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Files that need a document say `@vitest-environment happy-dom` in their first lines.
        plugins: [vue()],
        test: {
          name: 'renderer',
          include: ['test/renderer/**/*.test.ts'],
          maxWorkers: 2,
          testTimeout: 15 * SECOND,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'end-to-end',
          include: ['test/end-to-end/**/*.test.ts'],
          setupFiles: ['test/tools/open-handles.ts'],
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 180 * SECOND,
          hookTimeout: 180 * SECOND,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
