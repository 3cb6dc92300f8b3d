import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..')

/** Runs one planted test file under the setup file and answers what vitest said. */
function runPlanted(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'quintile-handles-'))
  try {
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'dir')
    const setup = JSON.stringify(join(ROOT, 'test', 'tools', 'open-handles.ts'))
    writeFileSync(join(folder, 'vitest.config.mjs'), `export default { test: { setupFiles: [${setup}] } }\n`)
    writeFileSync(join(folder, 'planted.test.ts'), text)
    const program = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')
    const environment = { ...process.env, NO_COLOR: '1' }
    const { stdout, stderr } = spawnSync(process.execPath, [program, 'run'], { cwd: folder, encoding: 'utf8', env: environment })
    return stdout + stderr
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test('a test file that leaves a timer, a server, a process and a worker running fails and names them', () => {
  const said = runPlanted(`
    import { spawn } from 'node:child_process'
    import { once } from 'node:events'
    import { createServer } from 'node:net'
    import { Worker } from 'node:worker_threads'
    import { test } from 'vitest'
    test('a careless story', async () => {
      setTimeout(() => undefined, 100_000)
      await once(createServer().listen(0), 'listening')
      spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] })
      await once(new Worker('setInterval(() => undefined, 1000)', { eval: true }), 'online')
    })
  `)
  expect(said).toContain('This test file left open')
  for (const kind of ['1 × timer', '1 × TCP server', '1 × child process', '1 × worker thread']) expect(said).toContain(kind)
})

test('a test file that closes what it opens passes, also when it lets go of a timer with unref', () => {
  const said = runPlanted(`
    import { once } from 'node:events'
    import { createServer } from 'node:http'
    import { test } from 'vitest'
    test('a careful story', async () => {
      setTimeout(() => undefined, 100_000).unref()
      const server = createServer((_, answer) => answer.end('yes')).listen(0)
      await once(server, 'listening')
      await (await fetch('http://127.0.0.1:' + server.address().port)).text()
      await once(server.close(), 'close')
    })
  `)
  expect(said).toMatch(/Tests\s+1 passed/)
  expect(said).not.toContain('left open')
})
