/** The way to the server, before any password is sent: its name, its port, its encryption. */
import { lookup } from 'node:dns/promises'
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Connection } from '../connection.ts'
import { failed, ok, warning, type Diagnosis } from './diagnosis.ts'

const PATIENCE_MILLISECONDS = 5_000
/** The protocol’s question “do you speak TLS?”: length 8, code 80877103. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])

const isSocketFile = (host: string): boolean => host.startsWith('/')

/** Whether the server is this machine. */
export function isLocal(host: string): boolean {
  return isSocketFile(host) || host === 'localhost' || host === '::1' || host.startsWith('127.')
}

function reason(thrown: unknown): string {
  const first: unknown = thrown instanceof AggregateError ? thrown.errors[0] : thrown
  return first instanceof Error ? first.message : String(first)
}

/** The host’s name has an address. */
export async function checkName({ host }: Connection): Promise<Diagnosis> {
  if (isSocketFile(host)) return ok('name', `${host} is a socket on this machine`)
  try {
    const { address } = await lookup(host)
    return ok('name', address === host ? `${host} is an address` : `${host} is ${address}`)
  } catch (thrown) {
    return failed('name', `The host name ${host} is not known: ${reason(thrown)}`, { hint: 'Check its spelling, the network and the VPN.' })
  }
}

/** Something answers on the port. */
export async function checkPort(connection: Connection): Promise<Diagnosis> {
  const { host, port } = connection
  try {
    const socket = await openSocket(connection)
    socket.destroy()
    return ok('port', `${host} answers on port ${String(port)}`)
  } catch (thrown) {
    return failed('port', `${host} does not answer on port ${String(port)}: ${reason(thrown)}`, {
      hint: 'Start the server; check port, listen_addresses, firewall and VPN.',
    })
  }
}

function openSocket({ host, port }: Connection): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = isSocketFile(host) ? connect(`${host}/.s.PGSQL.${String(port)}`) : connect(port, host)
    socket.setTimeout(PATIENCE_MILLISECONDS, () => socket.destroy(new Error(`no answer within ${String(PATIENCE_MILLISECONDS / 1000)} s`)))
    socket.once('connect', () => resolve(socket))
    socket.once('error', reject)
  })
}

/** The line is encrypted as the workspace wants it. */
export async function checkTls(connection: Connection): Promise<Diagnosis> {
  const { host, tls = 'off' } = connection
  if (tls === 'off') {
    if (isLocal(host)) return ok('tls', 'Not needed: the server is this machine')
    return warning('tls', `The line to ${host} is not encrypted`, {
      hint: 'Add ?sslmode=verify-full to the workspace’s warehouse address.',
    })
  }
  try {
    const socket = await openSocket(connection)
    const message = await shakeHands(socket, { host, verify: tls === 'verify' }).finally(() => socket.destroy())
    return message.refused
      ? failed('tls', `${host} does not speak TLS`, { hint: 'Switch it on there (ssl = on), or leave sslmode out of the address.' })
      : ok('tls', message.text)
  } catch (thrown) {
    return failed('tls', `TLS with ${host} fails: ${reason(thrown)}`, {
      hint: 'The certificate must bear the host’s name and be trusted: name its authority in NODE_EXTRA_CA_CERTS, or set NODE_USE_SYSTEM_CA=1. sslmode=require does not look at it.',
    })
  }
}

function shakeHands(socket: Socket, { host, verify }: { host: string; verify: boolean }): Promise<{ refused: boolean; text: string }> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('the server closed the line')))
    socket.once('data', (answer) => {
      if (answer.toString('latin1', 0, 1) !== 'S') return resolve({ refused: true, text: '' })
      // An address is no server name, but the certificate is held against it.
      const secure = connectTls({ socket, host, ...(isIP(host) === 0 ? { servername: host } : {}), rejectUnauthorized: verify })
      secure.once('error', reject)
      secure.once('secureConnect', () => {
        const checked = verify ? 'certificate checked' : 'certificate not checked'
        resolve({ refused: false, text: `${secure.getProtocol() ?? 'TLS'}, ${checked}` })
        secure.destroy()
      })
    })
    socket.write(SSL_REQUEST)
  })
}
