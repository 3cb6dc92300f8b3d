/** What the publication says about a table: which columns and rows, which operations, and what identifies a row. */
import type pg from 'pg'
import { mistake } from '../../../shared/failure.ts'
import type { SourceColumn } from '../postgres-reader.ts'
import { resolveTypes } from '../postgres-types.ts'
import { quoteName, quoteStream, type ReplicationPlace } from './facts.ts'

export interface PublishedColumn extends SourceColumn {
  /** `attnum`: stays when the column is renamed, and is never given again. */
  number: string
}

export interface PublishedTable {
  /** `schema.table`. */
  stream: string
  publication: string
  membership: string | null
  table: string
  /** For FROM: a partitioned table with its partitions, any other without the tables that inherit from it. */
  from: string
  columns: PublishedColumn[]
  /** Columns that identify a row: the replica identity, with FULL the primary key; empty when only the whole row does. */
  key: string[]
  /** Condition of the publication on its rows. */
  filter: string | null
  /** Operations that the publication leaves out, e.g. `deletes`. */
  silent: string[]
}

interface Published {
  publication: string
  silent: string[]
  table: string | null
  kind: string | null
  identity: string | null
  membership: string | null
}

const PUBLISHED = `
SELECT p.oid::text AS publication, array_remove(ARRAY[CASE WHEN NOT pubinsert THEN 'inserts' END, CASE WHEN NOT pubupdate THEN 'updates' END,
    CASE WHEN NOT pubdelete THEN 'deletes' END, CASE WHEN NOT pubtruncate THEN 'truncates' END], NULL) AS silent,
  c.oid::text AS table, c.relkind::text AS kind, c.relreplident::text AS identity,
  (SELECT r.oid::text FROM pg_publication_rel AS r WHERE r.prpubid = p.oid AND r.prrelid = c.oid) AS membership
FROM pg_publication AS p LEFT JOIN pg_class AS c ON c.oid = to_regclass($2)
WHERE p.pubname = $1`

const KEY = `
SELECT a.attname::text AS name FROM pg_index AS i JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
WHERE i.indrelid = $1::oid AND CASE $2 WHEN 'i' THEN i.indisreplident ELSE i.indisprimary END ORDER BY a.attnum`

const COLUMNS = `
SELECT attnum::text AS number, attname::text AS name, atttypid AS oid, atttypmod AS modifier FROM pg_attribute
WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped AND CASE WHEN $2::text[] IS NULL THEN attgenerated = '' ELSE attname = ANY ($2) END
ORDER BY attnum`

/** Errors: `source.no-publication`, `source.no-table`, `source.no-identity`, each with the statement that helps. */
export async function readPublished(client: pg.Client, place: ReplicationPlace, stream: string): Promise<PublishedTable> {
  const { settings } = place
  const { rows } = await client.query<Published>(PUBLISHED, [settings.publication, quoteStream(stream)])
  const [found] = rows
  if (found === undefined) throw noPublication(place)
  const { table, kind, identity, publication, membership, silent } = found
  if (table === null) {
    throw mistake(
      'source.no-table',
      `The source “${place.name}” has no table ${stream} that its login may see`,
      'Correct “tables” of this source in pack.yaml, or grant the login USAGE on the schema and SELECT on the table.',
    )
  }
  const member = await readMember(client, settings.publication, stream)
  if (member === undefined) throw notInPublication(place, stream, kind)
  const key = settings.tables[stream]?.key ?? (await client.query<{ name: string }>(KEY, [table, identity])).rows.map(({ name }) => name)
  const isPlain = silent.includes('updates') && silent.includes('deletes')
  if (!isPlain && (identity === 'n' || (identity === 'd' && key.length === 0))) throw noIdentity(place, stream)
  const columns = await readColumns(client, table, member.attnames)
  const from = kind === 'p' ? quoteStream(stream) : `ONLY ${quoteStream(stream)}`
  return { stream, publication, membership, table, from, columns, key, filter: member.rowfilter, silent }
}

interface Member {
  attnames: string[] | null
  rowfilter: string | null
}

/** The table's line of the publication; before PostgreSQL 15 a publication had neither column lists nor conditions. */
async function readMember(client: pg.Client, publication: string, stream: string): Promise<Member | undefined> {
  const { rows } = await client.query<{ line: Partial<Member> }>(
    `SELECT to_jsonb(t) AS line FROM pg_publication_tables AS t WHERE pubname = $1 AND schemaname = $2 AND tablename = $3`,
    [publication, ...stream.split('.')],
  )
  const line = rows[0]?.line
  return line && { attnames: line.attnames ?? null, rowfilter: line.rowfilter ?? null }
}

async function readColumns(client: pg.Client, table: string, attnames: string[] | null): Promise<PublishedColumn[]> {
  return nameTypes(client, (await client.query<CatalogueColumn>(COLUMNS, [table, attnames])).rows)
}

/** A line of `pg_attribute`. */
export interface CatalogueColumn {
  number: string
  name: string
  oid: number
  modifier: number
}

/** The columns with the types in which a warehouse takes their text. */
export async function nameTypes(client: pg.Client, columns: readonly CatalogueColumn[]): Promise<PublishedColumn[]> {
  const types = await resolveTypes(client, columns)
  // Money means nothing without its locale, so that its text stays as it is written.
  return columns.map(({ number, name, oid }, index) => ({ number, name, type: oid === MONEY ? 'text' : (types[index]?.type ?? 'text') }))
}

const MONEY = 790

function noPublication({ name, settings }: ReplicationPlace) {
  const all = Object.keys(settings.tables).map(quoteStream).join(', ')
  return mistake(
    'source.no-publication',
    `The source “${name}” has no publication “${settings.publication}”`,
    `Have this run at the source, by the owner of the tables: CREATE PUBLICATION ${quoteName(settings.publication)} FOR TABLE ${all};`,
  )
}

function notInPublication({ name, settings }: ReplicationPlace, stream: string, kind: string | null) {
  const publication = quoteName(settings.publication)
  const statement =
    kind === 'p'
      ? `ALTER PUBLICATION ${publication} SET (publish_via_partition_root = true); and, unless it is there: ALTER PUBLICATION ${publication} ADD TABLE ${quoteStream(stream)};`
      : `ALTER PUBLICATION ${publication} ADD TABLE ${quoteStream(stream)};`
  return mistake(
    'source.no-publication',
    `The publication “${settings.publication}” of the source “${name}” does not publish ${stream}`,
    `Have this run at the source, by the owner of the table: ${statement}`,
  )
}

function noIdentity({ name }: ReplicationPlace, stream: string) {
  return mistake(
    'source.no-identity',
    `Nothing identifies a row of ${stream} in the source “${name}”; while it is published, the source itself refuses to update and delete its rows`,
    `Have this run at the source: ALTER TABLE ${quoteStream(stream)} REPLICA IDENTITY FULL; or give the table a primary key.`,
  )
}
