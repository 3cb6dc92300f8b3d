/** A reporter of vitest that writes `N passed, N failed` to a file and nothing to the screen: the closing line of `.ci/run`. */
import { writeFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

/** Counts tests. A file that failed outside its tests (a hook, an import) and an error outside all files count as one failure each. */
export function countReporter(file: string): Reporter {
  return {
    onTestRunEnd: (modules, errors) => {
      const counts = modules.map(count)
      const passed = counts.reduce((sum, one) => sum + one.passed, 0)
      const failed = counts.reduce((sum, one) => sum + one.failed, errors.length)
      writeFileSync(file, `${String(passed)} passed, ${String(failed)} failed\n`)
    },
  }
}

function count(module: TestModule): { passed: number; failed: number } {
  const states = [...module.children.allTests()].map((one) => one.result().state)
  const failed = states.filter((state) => state === 'failed').length
  return { passed: states.filter((state) => state === 'passed').length, failed: failed === 0 && !module.ok() ? 1 : failed }
}
