/** The workspace's SQLite file: its tables, and opening it safely. It holds copies only, so a damaged file is set aside and made anew. */
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { Failure } from '../../shared/failure.ts'

/** Each entry is applied once, in order; `user_version` counts them. Never edit one that has shipped. */
const MIGRATIONS = [
  `CREATE TABLE snapshots (
     snapshot_id TEXT PRIMARY KEY, file_name TEXT NOT NULL, synced_at TEXT NOT NULL, as_of TEXT, customers INTEGER NOT NULL, columns TEXT NOT NULL
   ) STRICT;
   CREATE TABLE runs (run_id TEXT PRIMARY KEY, started_at TEXT NOT NULL, detail TEXT NOT NULL) STRICT;
   CREATE INDEX runs_by_start ON runs (started_at DESC);
   CREATE TABLE reports (report TEXT PRIMARY KEY, stamp TEXT NOT NULL, result TEXT NOT NULL) STRICT;
   CREATE TABLE answers (name TEXT PRIMARY KEY, answer TEXT NOT NULL) STRICT;`,
  'CREATE TABLE dry_runs (dry_run_id TEXT PRIMARY KEY, started_at TEXT NOT NULL, content TEXT NOT NULL) STRICT',
  `CREATE TABLE notifications (
     notification_id TEXT PRIMARY KEY, cause TEXT NOT NULL, kind TEXT NOT NULL, severity TEXT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL,
     run_id TEXT, schedule TEXT, job TEXT, "check" TEXT, occasion TEXT NOT NULL, first_at TEXT NOT NULL, last_at TEXT NOT NULL, told_at TEXT NOT NULL,
     count INTEGER NOT NULL, read_at TEXT, recovered_at TEXT
   ) STRICT;
   CREATE INDEX notifications_by_age ON notifications (last_at DESC);
   CREATE INDEX notifications_open ON notifications (cause) WHERE recovered_at IS NULL;
   CREATE TABLE deliveries (
     delivery_id INTEGER PRIMARY KEY, notification_id TEXT NOT NULL REFERENCES notifications ON DELETE CASCADE, channel TEXT NOT NULL,
     state TEXT NOT NULL, at TEXT NOT NULL, attempts INTEGER NOT NULL, reason TEXT
   ) STRICT;
   CREATE INDEX deliveries_waiting ON deliveries (at) WHERE state = 'waiting';
   CREATE INDEX deliveries_of ON deliveries (notification_id);`,
]

const DAMAGED = new Set(['SQLITE_CORRUPT', 'SQLITE_NOTADB'])

function migrate(database: Database.Database): void {
  const version = Number(database.pragma('user_version', { simple: true }))
  if (version > MIGRATIONS.length) {
    throw new Failure({
      kind: 'mistake',
      code: 'local.newer',
      message: 'The local cache was made by a newer Quintile',
      hint: 'Install that version, or delete the workspace’s cache folder; it is filled again by a sync.',
    })
  }
  MIGRATIONS.slice(version).forEach((sql, index) => {
    database.transaction(() => {
      database.exec(sql)
      database.pragma(`user_version = ${String(version + index + 1)}`)
    })()
  })
}

/** Settings of each connection: readers never wait for the writer, a crash loses nothing that was committed. */
export function connect(file: string): Database.Database {
  const database = new Database(file, { timeout: 10_000 })
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = NORMAL')
  database.pragma('cache_size = -32000')
  return database
}

export interface OpenedFile {
  database: Database.Database
  /** Where a damaged file was put, if there was one. */
  setAside: string | null
}

/** Opens and migrates the file; one that SQLite cannot read is renamed and a new one made. */
export function openFile(file: string, now: number): OpenedFile {
  mkdirSync(dirname(file), { recursive: true })
  try {
    const database = connect(file)
    migrate(database)
    return { database, setAside: null }
  } catch (thrown) {
    if (!(thrown instanceof Database.SqliteError) || !DAMAGED.has(thrown.code)) throw thrown
    const setAside = `${file}.damaged-${String(now)}`
    for (const ending of ['', '-wal', '-shm']) if (existsSync(file + ending)) renameSync(file + ending, setAside + ending)
    const database = connect(file)
    migrate(database)
    return { database, setAside }
  }
}
