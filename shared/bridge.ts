/**
 * What the desktop shell puts on `window.quintile`. It is absent in a browser (`quintile serve`), so the screen
 * asks `window.quintile?.platform`; everything else goes over HTTP, the same in both.
 */
export type ShellPlatform = 'linux' | 'mac' | 'windows'

export interface QuintileBridge {
  readonly platform: ShellPlatform
  /** The app's version, e.g. `0.1.0`. */
  readonly version: string
}

/** The argument through which the shell tells its preload the version; a sandboxed preload cannot read files. */
export const VERSION_ARGUMENT = '--quintile-version='
