/** A real mail server and a real webhook on this machine, which keep what they get and fail when told to. */
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'

export interface Mail {
  to: string[]
  user: string | null
  /** Headers and body as they came, soft line breaks joined. */
  content: string
}

export interface MailServer {
  port: number
  mails: Mail[]
  /** Refuses the coming mails with this SMTP code; null takes them. */
  refuse: number | null
  close(): Promise<void>
}

export async function openMailServer(password: string): Promise<MailServer> {
  const opened: MailServer = { port: 0, mails: [], refuse: null, close: () => new Promise((resolve) => server.close(() => resolve())) }
  const server = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onAuth: (auth, _session, callback) => {
      if (auth.password === password) callback(null, { user: auth.username ?? '' })
      else callback(new Error(`Invalid password ${auth.password ?? ''}`))
    },
    onData: (stream, session, callback) => {
      void text(stream).then((raw) => {
        if (opened.refuse !== null) return callback(Object.assign(new Error('not now'), { responseCode: opened.refuse }))
        const content = raw
          .replaceAll(/=\r\n/g, '')
          .replaceAll(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16)))
        opened.mails.push({
          to: session.envelope.rcptTo.map(({ address }) => address),
          user: typeof session.user === 'string' ? session.user : null,
          content,
        })
        callback()
      })
    },
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  opened.port = (server.server.address() as AddressInfo).port
  return opened
}

export interface Hook {
  url: string
  calls: { headers: IncomingHttpHeaders; body: string; path: string }[]
  /** Status of the coming answers. */
  status: number
  close(): Promise<void>
}

export async function openHook(): Promise<Hook> {
  const hook: Hook = { url: '', calls: [], status: 200, close: () => new Promise((resolve) => server.close(() => resolve())) }
  const server = createServer((request, answer) => {
    void text(request).then((body) => {
      hook.calls.push({ headers: request.headers, body, path: request.url ?? '' })
      answer.writeHead(hook.status, { connection: 'close', location: 'http://127.0.0.1:1/' }).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  hook.url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/hook/SECRET-PATH`
  return hook
}
