/** The standard menu of each system, by roles: shortcuts, names and translations are Electron's. The theme is the page's. */
import { app, Menu, type MenuItemConstructorOptions } from 'electron/main'

/** Gives the app its menu and fills its “About” panel. */
export function setMenu(platform: NodeJS.Platform): void {
  app.setAboutPanelOptions({ applicationName: 'Quintile', applicationVersion: app.getVersion(), copyright: 'The Quintile team' })
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(platform, app.isPackaged)))
}

/** `packaged` hides the developer tools from the menu. */
export function menuTemplate(platform: NodeJS.Platform, packaged: boolean): MenuItemConstructorOptions[] {
  const isMac = platform === 'darwin'
  return [
    ...(isMac ? [{ role: 'appMenu' } as const] : []),
    { role: 'fileMenu' },
    { role: 'editMenu' },
    viewMenu(packaged),
    { role: 'windowMenu' },
    // macOS keeps "About" in the app's own menu.
    ...(isMac ? [] : [{ role: 'help', submenu: [{ role: 'about' }] } as MenuItemConstructorOptions]),
  ]
}

function viewMenu(packaged: boolean): MenuItemConstructorOptions {
  return {
    label: 'View',
    submenu: [
      { role: 'reload' },
      ...(packaged ? [] : [{ role: 'toggleDevTools' } as const]),
      { type: 'separator' },
      { role: 'resetZoom' },
      { role: 'zoomIn' },
      { role: 'zoomOut' },
      { type: 'separator' },
      { role: 'togglefullscreen' },
    ],
  }
}
