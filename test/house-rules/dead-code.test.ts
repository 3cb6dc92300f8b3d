import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from './tree.ts'

/** What knip says of a folder, empty when it is content. */
function knip(folder: string): string {
  const program = join(ROOT, 'node_modules', 'knip', 'bin', 'knip.js')
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, '--no-progress', '--no-config-hints', '--reporter', 'compact'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
  })
  return status === 0 ? '' : `${stdout}${stderr}`.trim()
}

test('there are no unused files, exports or packages and no undeclared packages', () => {
  expect(knip(ROOT), 'delete what nothing uses; name a new entry point in knip.json').toBe('')
})

test('knip finds a planted dead export, dead file and undeclared package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quintile-dead-'))
  try {
    cpSync(join(ROOT, 'knip.json'), join(folder, 'knip.json'))
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'dir')
    for (const part of ['main', 'shared']) mkdirSync(join(folder, part))
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'planted', type: 'module', dependencies: { yaml: '1.0.0' } }))
    writeFileSync(join(folder, 'tsconfig.json'), '{}')
    writeFileSync(join(folder, 'main/index.ts'), "import { used } from '../shared/words.ts'\nimport pino from 'pino'\npino().info(used)\n")
    writeFileSync(join(folder, 'shared/words.ts'), 'export const used = 1\nexport const planted = 2\n')
    writeFileSync(join(folder, 'shared/lonely.ts'), 'export const lonely = 1\n')
    const said = knip(folder)
    expect(said).toContain('shared/lonely.ts')
    expect(said).toMatch(/shared\/words\.ts: planted/)
    expect(said).toContain('yaml')
    expect(said).toContain('pino')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
