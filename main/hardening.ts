/** What no page may do in this app, whichever window it is in: leave, open windows, embed, or ask for devices. */
import { setImmediate } from 'node:timers'
import { shell } from 'electron/common'
import { app, session, type WebContents } from 'electron/main'
import { isAllowedPermission, isAppUrl, isSafeExternal } from './policy.ts'

/** Before any window exists: every page that is ever made passes through here. */
export function hardenPages(): void {
  app.on('web-contents-created', (_event, contents) => hardenPage(contents))
}

function hardenPage(contents: WebContents): void {
  contents.on('will-navigate', (event) => {
    if (!isAppUrl(event.url)) event.preventDefault()
  })
  contents.on('will-redirect', (event) => {
    if (!isAppUrl(event.url)) event.preventDefault()
  })
  contents.on('will-attach-webview', (event) => event.preventDefault())
  contents.setWindowOpenHandler(({ url }) => {
    // Deferred: the handler must return before another program takes the focus.
    if (isSafeExternal(url)) setImmediate(() => void shell.openExternal(url))
    return { action: 'deny' }
  })
}

/** Electron grants everything that is not refused. Only after `app` is ready. */
export function hardenPermissions(): void {
  const { defaultSession } = session
  defaultSession.setPermissionRequestHandler((_contents, permission, ...[answer, details]) => {
    answer(isAllowedPermission(permission) && isAppUrl(details.requestingUrl))
  })
  defaultSession.setPermissionCheckHandler((_contents, permission, origin) => isAllowedPermission(permission) && isAppUrl(origin))
  defaultSession.setDevicePermissionHandler(() => false)
}
