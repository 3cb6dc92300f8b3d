-- What the full engine keeps beside the run book: attempts, events, check results, positions of sources, schedules.

ALTER TABLE quintile.runs DROP CONSTRAINT runs_kind_check;
ALTER TABLE quintile.runs ADD CONSTRAINT runs_kind_check CHECK (kind IN ('pipeline', 'import', 'sync', 'replay'));
ALTER TABLE quintile.runs
  ADD COLUMN retry_of uuid,
  ADD COLUMN schedule text,
  ADD COLUMN cancel_requested_at timestamptz,
  ADD COLUMN cancel_requested_by text;
COMMENT ON COLUMN quintile.runs.retry_of IS 'The run whose failed and skipped steps this one runs again';
COMMENT ON COLUMN quintile.runs.schedule IS 'The schedule that started it; null when a person did';
COMMENT ON COLUMN quintile.runs.cancel_requested_at IS 'When somebody, in whatever process, asked it to stop';
COMMENT ON COLUMN quintile.runs.cancel_requested_by IS 'Who asked it to stop: user and machine';

ALTER TABLE quintile.run_steps ADD COLUMN step_id bigint GENERATED ALWAYS AS IDENTITY;
ALTER TABLE quintile.run_steps ADD COLUMN source text, ADD COLUMN target text;
CREATE INDEX run_steps_by_job ON quintile.run_steps (job, started_at DESC);
COMMENT ON COLUMN quintile.run_steps.step_id IS 'A number of its own, for views that want one';
COMMENT ON COLUMN quintile.run_steps.source IS 'The source that the job read; null when it read the warehouse';
COMMENT ON COLUMN quintile.run_steps.target IS 'The table that the job loads';

CREATE TABLE quintile.run_attempts (
  run_id uuid NOT NULL,
  job text NOT NULL,
  attempt integer NOT NULL,
  status text NOT NULL CHECK (status IN ('running', 'succeeded', 'warning', 'failed', 'cancelled')),
  started_at timestamptz NOT NULL,
  ended_at timestamptz,
  error jsonb,
  PRIMARY KEY (run_id, job, attempt),
  FOREIGN KEY (run_id, job) REFERENCES quintile.run_steps ON DELETE CASCADE
);
COMMENT ON TABLE quintile.run_attempts IS 'Each try of a step; a step has several when the world failed it';

CREATE TABLE quintile.run_events (
  event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id uuid NOT NULL REFERENCES quintile.runs ON DELETE CASCADE,
  at timestamptz NOT NULL,
  kind text NOT NULL,
  job text,
  detail jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE quintile.run_events IS 'What happened in a run, for programs: run.started, step.started, attempt.failed, watermark.moved, cancel.requested, prediction.compared, …';
CREATE INDEX run_events_by_run ON quintile.run_events (run_id, event_id);

CREATE TABLE quintile.check_results (
  result_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id uuid NOT NULL REFERENCES quintile.runs ON DELETE CASCADE,
  job text NOT NULL,
  check_name text NOT NULL,
  stage text NOT NULL CHECK (stage IN ('staged', 'target')),
  severity text NOT NULL CHECK (severity IN ('warn', 'error')),
  status text NOT NULL CHECK (status IN ('pass', 'warn', 'fail', 'error')),
  bad_rows bigint,
  measured text,
  expected text,
  sample jsonb NOT NULL DEFAULT '[]',
  at timestamptz NOT NULL
);
COMMENT ON TABLE quintile.check_results IS 'Every result of every check, the passed ones too, so that a trend can be seen';
COMMENT ON COLUMN quintile.check_results.status IS 'pass, warn and fail by the check''s thresholds; error when it could not be judged';
COMMENT ON COLUMN quintile.check_results.bad_rows IS 'Rows that break the rule, also below the threshold; null where the check measures something else';
COMMENT ON COLUMN quintile.check_results.measured IS 'What was measured, as text: an age, a row count';
COMMENT ON COLUMN quintile.check_results.sample IS 'At most 5 bad rows, whole';
CREATE INDEX check_results_by_run ON quintile.check_results (run_id, result_id);
CREATE INDEX check_results_by_check ON quintile.check_results (job, check_name, at DESC);

ALTER TABLE quintile.rejects ADD COLUMN replayed_run_id uuid, ADD COLUMN replayed_at timestamptz;
CREATE INDEX rejects_open ON quintile.rejects (job, reject_id) WHERE replayed_at IS NULL;
COMMENT ON COLUMN quintile.rejects.replayed_run_id IS 'The run that took the row in after all';

ALTER TABLE quintile.job_state ADD COLUMN versions_seen jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN quintile.job_state.versions_seen IS 'Per history that a fact joins: the largest surrogate key that its rows were held against';

CREATE TABLE quintile.source_positions (
  source text NOT NULL,
  job text NOT NULL,
  position jsonb NOT NULL,
  run_id uuid NOT NULL,
  saved_at timestamptz NOT NULL,
  PRIMARY KEY (source, job)
);
COMMENT ON TABLE quintile.source_positions IS 'How far each job has read a source that has no watermark column (files, pages, a replication slot); committed together with the data';

CREATE TABLE quintile.schedule_ticks (
  schedule text NOT NULL,
  due_at timestamptz NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('claimed', 'ran', 'missed', 'skipped', 'failed')),
  run_id uuid,
  machine text NOT NULL,
  decided_at timestamptz NOT NULL,
  note text,
  PRIMARY KEY (schedule, due_at)
);
COMMENT ON TABLE quintile.schedule_ticks IS 'One row per time at which a schedule was due and what came of it; the primary key lets one machine alone take a tick';

CREATE TABLE quintile.migration_digests (
  set_name text NOT NULL,
  name text NOT NULL,
  digest text NOT NULL,
  applied_at timestamptz NOT NULL,
  applied_by text NOT NULL,
  machine text NOT NULL,
  code_version text NOT NULL,
  PRIMARY KEY (set_name, name)
);
COMMENT ON TABLE quintile.migration_digests IS 'What each applied migration file said, so that an edited one is noticed, and who applied it';
COMMENT ON COLUMN quintile.migration_digests.digest IS 'SHA-256 of the up file';
