/** The two things that only the shell can tell the person, because the page is not there to do it. */
import { dialog } from 'electron/main'
import type { FailureReport } from '../shared/failure.ts'

/** Blocks until it is read. */
export function tellStartFailed(report: FailureReport): void {
  dialog.showErrorBox('Quintile could not start', text(report))
}

/** True: the person wants the server started again. */
export async function askToStartAgain(report: FailureReport): Promise<boolean> {
  const { response } = await dialog.showMessageBox({
    type: 'error',
    title: 'Quintile',
    message: 'Quintile’s local server stopped again.',
    detail: text(report),
    buttons: ['Start again', 'Quit'],
    defaultId: 0,
    cancelId: 1,
    noLink: true,
  })
  return response === 0
}

function text(report: FailureReport): string {
  return [report.message, report.hint, `Code: ${report.code}`].filter((line) => line !== null).join('\n\n')
}
