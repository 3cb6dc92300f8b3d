/**
 * PostgreSQL's settings for analytics on one person's computer. Given on the command line at every start and never
 * written into postgresql.conf, so a new version of the app brings its settings along and no stale copy wins.
 */
const analytics: Record<string, string> = {
  // A quarter of the usual advice (25 % of the memory), because the window and the browser want theirs too.
  shared_buffers: '256MB',
  // Per sort or hash, so a plan with four of them over two workers may take 0.75 GB; below this RFM sorts spill to disk.
  work_mem: '64MB',
  maintenance_work_mem: '256MB',
  // Loads of millions of rows write several GB of log; with the default of 1GB they would wait for checkpoints.
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  // Full page images shrink by half or more; a desktop's disk is slower than its processor.
  wal_compression: 'on',
  // Needed for change data capture from the embedded server; costs a few percent of log volume.
  wal_level: 'logical',
  max_replication_slots: '10',
  // A forgotten replication slot may hold back 4 GB of log and is then invalidated, instead of filling the disk. The first copy
  // of three million rows, while it goes on, holds back 1 GB.
  max_slot_wal_keep_size: '4GB',
  // Compiling costs 0.1 to 1 s per query, more than most of our queries take.
  jit: 'off',
  // Solid state disks: random reads cost about the same as sequential ones, and many may be under way at once.
  random_page_cost: '1.1',
  effective_io_concurrency: '64',
  autovacuum: 'on',
  timezone: 'UTC',
}

const logging: Record<string, string> = {
  logging_collector: 'on',
  // Relative to the data folder, so both can be moved together.
  log_directory: '../log',
  log_filename: 'postgresql-%Y-%m-%d.log',
  log_rotation_age: '1d',
  log_rotation_size: '0',
  log_file_mode: '0600',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] %q%d ',
}

/** What no crash may lose, and, for tests, the opposite: throw-away data that need not survive one. */
function durability(durable: boolean): Record<string, string> {
  const value = durable ? 'on' : 'off'
  return { fsync: value, synchronous_commit: value, full_page_writes: value }
}

/** The arguments of `postgres`: only 127.0.0.1, no Unix socket, so the password is the only way in. */
export function serverArguments(server: { data: string; port: number; durable: boolean }): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(server.port),
    unix_socket_directories: '',
    ...analytics,
    ...logging,
    ...durability(server.durable),
  }
  return ['-D', server.data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
}
