-- The engine's own tables. The schema quintile is created by the migration runner.

CREATE TABLE quintile.runs (
  run_id uuid PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('pipeline', 'import', 'sync')),
  status text NOT NULL CHECK (status IN ('queued', 'running', 'succeeded', 'warning', 'failed', 'cancelled')),
  request text NOT NULL,
  arguments jsonb NOT NULL DEFAULT '{}',
  started_by text NOT NULL,
  machine text NOT NULL,
  pid integer NOT NULL,
  code_version text NOT NULL,
  pack_hash text NOT NULL,
  started_at timestamptz NOT NULL,
  ended_at timestamptz,
  nothing_changed boolean NOT NULL DEFAULT false,
  error jsonb
);
COMMENT ON TABLE quintile.runs IS 'The run book: one row per execution of a plan, an import or a feature sync';
COMMENT ON COLUMN quintile.runs.request IS 'The command line or screen action that asked for the run';
COMMENT ON COLUMN quintile.runs.nothing_changed IS 'True when the run succeeded and no target changed';
COMMENT ON COLUMN quintile.runs.error IS 'Code, message, hint and details of the failure that ended the run';
CREATE INDEX runs_by_start ON quintile.runs (started_at DESC);

CREATE TABLE quintile.run_steps (
  run_id uuid NOT NULL REFERENCES quintile.runs ON DELETE CASCADE,
  job text NOT NULL,
  group_name text NOT NULL,
  position integer NOT NULL,
  status text NOT NULL CHECK (status IN ('queued', 'running', 'succeeded', 'warning', 'failed', 'cancelled', 'skipped')),
  rows_read bigint NOT NULL DEFAULT 0,
  inserted bigint NOT NULL DEFAULT 0,
  updated bigint NOT NULL DEFAULT 0,
  versions_closed bigint NOT NULL DEFAULT 0,
  unchanged bigint NOT NULL DEFAULT 0,
  rejected bigint NOT NULL DEFAULT 0,
  watermark_before text,
  watermark text,
  started_at timestamptz,
  ended_at timestamptz,
  attempts integer NOT NULL DEFAULT 0,
  note text,
  error jsonb,
  PRIMARY KEY (run_id, job)
);
COMMENT ON TABLE quintile.run_steps IS 'One job in one run; rows_read = inserted + updated + versions_closed + unchanged + rejected';
COMMENT ON COLUMN quintile.run_steps.versions_closed IS 'Rows that closed the current version of their key and opened a new one';

CREATE TABLE quintile.run_log (
  log_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id uuid NOT NULL REFERENCES quintile.runs ON DELETE CASCADE,
  at timestamptz NOT NULL,
  level text NOT NULL CHECK (level IN ('debug', 'info', 'warn', 'error')),
  job text,
  message text NOT NULL
);
COMMENT ON TABLE quintile.run_log IS 'What a run said, in order';
CREATE INDEX run_log_by_run ON quintile.run_log (run_id, log_id);

CREATE TABLE quintile.rejects (
  reject_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id uuid NOT NULL REFERENCES quintile.runs ON DELETE CASCADE,
  job text NOT NULL,
  row_number bigint,
  reason text NOT NULL,
  row_text text NOT NULL
);
COMMENT ON TABLE quintile.rejects IS 'Rows kept out, whole, each with its reason';
COMMENT ON COLUMN quintile.rejects.row_number IS 'Line of the data in its file, the header not counted; null where the source has no order';
CREATE INDEX rejects_by_run ON quintile.rejects (run_id, reject_id);

CREATE TABLE quintile.job_state (
  job text PRIMARY KEY,
  watermark text,
  input_stamp text NOT NULL,
  succeeded_at timestamptz NOT NULL,
  run_id uuid NOT NULL
);
COMMENT ON TABLE quintile.job_state IS 'What each job has safely loaded; committed together with its data';
COMMENT ON COLUMN quintile.job_state.watermark IS 'The largest source stamp loaded, as text; never a clock reading';
COMMENT ON COLUMN quintile.job_state.input_stamp IS 'Digest of the job''s definition and of the changes of its inputs; equal means nothing to do';

CREATE TABLE quintile.targets (
  target text PRIMARY KEY,
  changed_run_id uuid NOT NULL,
  changed_at timestamptz NOT NULL,
  row_count bigint,
  data_as_of timestamptz
);
COMMENT ON TABLE quintile.targets IS 'When each table that we load last changed, and the newest data in it';

CREATE TABLE quintile.leases (
  job text PRIMARY KEY,
  machine text NOT NULL,
  user_name text NOT NULL,
  pid integer NOT NULL,
  run_id uuid NOT NULL,
  acquired_at timestamptz NOT NULL,
  heartbeat_at timestamptz NOT NULL
);
COMMENT ON TABLE quintile.leases IS 'Who runs a job now; the advisory lock beside it is the truth, this row tells people';

CREATE TABLE quintile.imported_files (
  import_name text NOT NULL,
  file_digest text NOT NULL,
  file_bytes bigint NOT NULL,
  lines bigint NOT NULL,
  file_name text NOT NULL,
  mapping jsonb NOT NULL,
  run_id uuid NOT NULL,
  imported_at timestamptz NOT NULL,
  PRIMARY KEY (import_name, file_digest)
);
COMMENT ON TABLE quintile.imported_files IS 'Files that were imported whole; a longer file that begins with one of them is read from there on';
COMMENT ON COLUMN quintile.imported_files.file_digest IS 'SHA-256 over the first file_bytes bytes, after decompression';
