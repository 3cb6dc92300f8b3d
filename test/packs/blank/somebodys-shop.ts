/** A shop's database as somebody else made it, with names of all kinds, and a login that may only read. */
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { inject } from 'vitest'
import { createWorkspace, openRooms, type Rooms } from '../../../server/assemble.ts'
import { dropDatabase, ensureDatabase, type Connection } from '../../../server/warehouse/index.ts'

const TABLES = `
  CREATE SCHEMA crm; CREATE SCHEMA "Sales"; CREATE SCHEMA hidden;
  CREATE TABLE crm.customers (id int PRIMARY KEY, "Full Name" text, city text, "signedUpAt" date, total_spent int, photo bytea);
  CREATE TABLE "Sales"."Order Lines" (
    line_no bigint PRIMARY KEY, invoice_no text, "customerId" int, ordered_on timestamp, net_amount numeric(10,2), sku text, qty int, note text);
  CREATE TABLE products (sku text PRIMARY KEY, title text, category text);
  CREATE TABLE campaign_contacts (contact_id int PRIMARY KEY, customer_id int, sent_at timestamptz, channel text);
  CREATE TABLE hidden.salaries (person_id int);
  INSERT INTO crm.customers SELECT n, 'Person ' || n, (ARRAY['Lyon', 'Bonn', 'Leeds'])[1 + n % 3], date '2025-01-01' + n, n, NULL FROM generate_series(1, 60) n;
  INSERT INTO products SELECT 'P' || n, 'Thing ' || n, 'Things' FROM generate_series(1, 8) n;
  -- Customer n ordered n % 7 times, later ones more lately; every fifth order has two lines; one line is taken back.
  INSERT INTO "Sales"."Order Lines"
    SELECT row_number() OVER (), 'I' || n || '-' || k, n, timestamp '2026-01-01' + interval '1 day' * (n + 20 * k), 10 + n + k, 'P' || (1 + (n + k) % 8), 1, NULL
    FROM generate_series(1, 60) n, generate_series(1, 6) k, generate_series(0, 1) l WHERE k <= n % 7 AND (l = 0 OR (n + k) % 5 = 0);
  INSERT INTO "Sales"."Order Lines" VALUES (9001, 'C1', 8, '2026-05-01', -5, 'P1', -1, 'back'), (9002, 'G1', NULL, '2026-05-02', 99, 'P9', 1, 'guest');
  INSERT INTO campaign_contacts SELECT n, n, timestamptz '2026-04-01 10:00+00' + interval '1 day' * n, CASE WHEN n % 2 = 0 THEN 'EMAIL' ELSE 'SMS' END FROM generate_series(1, 20) n;
  ANALYZE`

export interface SomebodysShop {
  /** As the reader comes in. */
  reader: Connection
  /** By the shop's owner. */
  change(sql: string): Promise<Record<string, unknown>[]>
  /** A workspace that only reads it; closed and removed with the shop. */
  open(): Promise<{ rooms: Rooms; folder: string; again(): Promise<Rooms> }>
  close(): Promise<void>
}

const PASSWORD_VARIABLE = 'SHOP_READER_PASSWORD'

/** Makes database, tables and login on the test server. */
export async function openSomebodysShop(): Promise<SomebodysShop> {
  const name = `shop_${randomUUID().slice(0, 8)}`
  const owner: Connection = { ...inject('warehouseServer'), database: name }
  const reader: Connection = { ...owner, user: `reader_${name}`, password: 'only to read' }
  await ensureDatabase(owner)
  const change = async (sql: string): Promise<Record<string, unknown>[]> => {
    const client = new pg.Client(owner)
    await client.connect()
    const result = (await client.query(sql)) as pg.QueryResult<Record<string, unknown>> | pg.QueryResult<Record<string, unknown>>[]
    await client.end()
    return Array.isArray(result) ? [] : result.rows
  }
  await change(TABLES)
  await change(`
    CREATE ROLE ${reader.user} LOGIN PASSWORD '${reader.password ?? ''}'; ALTER ROLE ${reader.user} SET default_transaction_read_only = on;
    REVOKE ALL ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public, crm, "Sales" TO ${reader.user}; REVOKE TEMP ON DATABASE ${name} FROM PUBLIC;
    GRANT SELECT ON ALL TABLES IN SCHEMA public, crm, "Sales" TO ${reader.user}`)
  const closers: (() => Promise<unknown>)[] = []
  return {
    reader,
    change,
    open: () => openReading(reader, closers),
    close: async () => {
      for (const close of closers.reverse()) await close()
      await change(`DROP OWNED BY ${reader.user}; DROP ROLE ${reader.user}`)
      await dropDatabase(owner)
    },
  }
}

async function openReading(reader: Connection, closers: (() => Promise<unknown>)[]) {
  const home = await mkdtemp(join(tmpdir(), 'quintile-test-connect-'))
  const name = `w${randomUUID().slice(0, 8)}`
  const { host, port, user, database } = reader
  const warehouse = { ...{ engine: 'postgres' as const, host, port, user, database, tls: 'off' as const }, password_env: PASSWORD_VARIABLE }
  const { folder } = await createWorkspace(home, { name, pack: 'blank', warehouse, read_only: true })
  const records = new Set<string>()
  const embedded = async (wanted: string): Promise<Connection> => {
    const connection = { ...inject('warehouseServer'), database: wanted }
    if (!records.has(wanted)) await ensureDatabase(connection)
    records.add(wanted)
    return connection
  }
  const environment = { ...process.env, [PASSWORD_VARIABLE]: reader.password }
  const openIt = () => openRooms({ ...{ home, workspace: name, clock: Date.now, environment, embedded }, log: () => undefined })
  const opened = { rooms: await openIt(), folder, again: async () => (await opened.rooms.close(), (opened.rooms = await openIt())) }
  closers.push(async () => {
    await opened.rooms.close()
    for (const one of records) await dropDatabase({ ...inject('warehouseServer'), database: one })
    await rm(home, { recursive: true, force: true })
  })
  return opened
}
