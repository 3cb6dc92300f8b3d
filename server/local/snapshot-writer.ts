/**
 * Writes a snapshot: a new table is filled, registered and the older ones dropped in one transaction. An interrupted sync
 * leaves the old snapshot whole, and readers (WAL) see it until the commit.
 */
import type Database from 'better-sqlite3'
import { CopyBinaryReader, type Cell, type CellType } from './copy-binary.ts'

export interface SnapshotColumn {
  name: string
  type: CellType
  /** As the warehouse calls it, for the catalogue. */
  warehouse_type: string
}

export interface SnapshotHead {
  snapshot_id: string
  synced_at: string
  as_of: string | null
  columns: SnapshotColumn[]
}

/** Rows per INSERT. Measured on 1 M rows of 20 columns: 25 rows take 0.80 of the time of single rows, 50 gain nothing more. */
const ROWS_PER_INSERT = 25

const SQLITE_TYPE: Record<CellType, string> = { text: 'TEXT', float8: 'REAL', int8: 'INTEGER', bool: 'INTEGER' }

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

export class SnapshotWriter {
  private readonly reader: CopyBinaryReader
  private readonly many: Database.Statement
  private readonly one: Database.Statement
  private readonly table: string
  private pending: Cell[] = []
  private pendingRows = 0
  private customers = 0
  private readonly database: Database.Database
  private readonly head: SnapshotHead

  constructor(database: Database.Database, head: SnapshotHead) {
    this.database = database
    this.head = head
    this.table = `features_${head.snapshot_id.replaceAll('-', '')}`
    database.exec('BEGIN IMMEDIATE')
    const columns = head.columns.map(
      ({ name, type }) => `${quote(name)} ${SQLITE_TYPE[type]}${name === 'customer_id' ? ' PRIMARY KEY NOT NULL' : ''}`,
    )
    database.exec(`CREATE TABLE ${this.table} (${columns.join(', ')}) STRICT, WITHOUT ROWID`)
    const places = `(${head.columns.map(() => '?').join(',')})`
    this.one = database.prepare(`INSERT INTO ${this.table} VALUES ${places}`)
    this.many = database.prepare(`INSERT INTO ${this.table} VALUES ${Array.from({ length: ROWS_PER_INSERT }, () => places).join(',')}`)
    this.reader = new CopyBinaryReader(
      head.columns.map((column) => column.type),
      (cells) => this.add(cells),
    )
  }

  push(chunk: Buffer): void {
    this.reader.push(chunk)
  }

  /** Customers written so far. */
  get written(): number {
    return this.customers
  }

  /** Commits; returns the number of customers. */
  finish(): number {
    this.reader.finish()
    const width = this.head.columns.length
    for (let row = 0; row < this.pendingRows; row += 1) this.one.run(this.pending.slice(row * width, (row + 1) * width))
    const old = this.database.prepare<[], { table_name: string }>('SELECT table_name FROM snapshots').all()
    this.database.prepare('DELETE FROM snapshots').run()
    for (const { table_name } of old) this.database.exec(`DROP TABLE IF EXISTS ${quote(table_name)}`)
    const { snapshot_id, synced_at, as_of, columns } = this.head
    this.database
      .prepare('INSERT INTO snapshots (snapshot_id, table_name, synced_at, as_of, customers, columns) VALUES (?, ?, ?, ?, ?, ?)')
      .run(snapshot_id, this.table, synced_at, as_of, this.customers, JSON.stringify(columns))
    this.database.exec('COMMIT')
    return this.customers
  }

  abandon(): void {
    if (this.database.inTransaction) this.database.exec('ROLLBACK')
  }

  private add(cells: Cell[]): void {
    for (const cell of cells) this.pending.push(cell)
    this.pendingRows += 1
    this.customers += 1
    if (this.pendingRows < ROWS_PER_INSERT) return
    this.many.run(this.pending)
    this.pending = []
    this.pendingRows = 0
  }
}
