import { openClient, type Connection } from './connection.ts'
import { quoteIdentifier } from './identifiers.ts'

export interface ChannelWatch {
  close(): Promise<void>
}

export interface ChannelListener {
  onMessage(payload: string): void
  /** Called once when the connection is lost; the caller decides when to listen again. */
  onLost(): void
}

/** Listens on a NOTIFY channel over a connection of its own (a pooled one would miss messages while it is lent). */
export async function watchChannel(connection: Connection, channel: string, listener: ChannelListener): Promise<ChannelWatch> {
  const client = await openClient(connection, 'quintile live')
  let closed = false
  client.on('notification', (message) => {
    if (message.payload !== undefined) listener.onMessage(message.payload)
  })
  client.on('end', () => {
    if (!closed) listener.onLost()
  })
  await client.query(`LISTEN ${quoteIdentifier(channel)}`)
  return {
    close: async () => {
      closed = true
      await client.end()
    },
  }
}
