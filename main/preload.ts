/** The only bridge between the shell and the page: two facts, no functions. Bundled to CommonJS, as the sandbox demands. */
import { contextBridge } from 'electron/renderer'
import { VERSION_ARGUMENT, type QuintileBridge, type ShellPlatform } from '../shared/bridge.ts'

const bridge = {
  platform: platformName(process.platform),
  version: process.argv.find((word) => word.startsWith(VERSION_ARGUMENT))?.slice(VERSION_ARGUMENT.length) ?? '',
} satisfies QuintileBridge

contextBridge.exposeInMainWorld('quintile', bridge)

function platformName(platform: NodeJS.Platform): ShellPlatform {
  if (platform === 'darwin') return 'mac'
  return platform === 'win32' ? 'windows' : 'linux'
}
