/** A notification of the server on the person’s desktop. */
import { Notification } from 'electron/main'
import type { NotifyMessage } from '../shared/shell-messages.ts'

/** Places on the screen; anything else (another origin, a query) is opened as the first page. */
const PLACE = /^\/[\w-]*(\/[\w-]+)*$/

/** Those on the screen: one that nobody holds is collected, and its click is lost. */
const shown = new Set<Notification>()

/** Shows it where the system can; `open` gets the place that a click asks for. Only after `app` is ready. */
export function showNotification({ title, body, path }: NotifyMessage, open: (path: string) => void): void {
  if (!Notification.isSupported()) return
  const notification = new Notification({ title, body })
  const forget = (): void => void shown.delete(notification)
  shown.add(notification)
  notification.on('click', () => {
    forget()
    open(PLACE.test(path) ? path : '/')
  })
  notification.on('close', forget)
  notification.on('failed', forget)
  notification.show()
}
