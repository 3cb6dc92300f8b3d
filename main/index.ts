/** The process that Electron starts. */
import { join } from 'node:path'
import { app, dialog } from 'electron/main'
import { main } from './app.ts'

main({ dist: join(import.meta.dirname, '..') }).catch((error: unknown) => {
  dialog.showErrorBox('Quintile could not start', error instanceof Error ? error.message : String(error))
  app.exit(1)
})
