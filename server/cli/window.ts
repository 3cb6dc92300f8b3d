/** The desktop window, where Electron's binary is there (its package comes without; `npx install-electron` fetches it). */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Path of the binary, or null. Never asks the package itself: that would try to download it. */
export function electronBinary(): string | null {
  const folder = join(ROOT, 'node_modules', 'electron')
  const pathFile = join(folder, 'path.txt')
  if (!existsSync(pathFile)) return null
  const binary = join(folder, 'dist', readFileSync(pathFile, 'utf8').trim())
  const canShow = process.platform !== 'linux' || (process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY']) !== undefined
  return existsSync(binary) && canShow ? binary : null
}

/** Opens the window on a workspace and waits until it is closed; its exit code. */
export function openWindow(binary: string, { home, workspace }: { home: string; workspace: string }): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, [ROOT], { stdio: 'inherit', env: { ...process.env, QUINTILE_HOME: home, QUINTILE_WORKSPACE: workspace } })
    child.on('error', reject)
    child.on('exit', (code) => resolve(code ?? 2))
  })
}
