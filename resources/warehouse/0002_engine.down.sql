DROP TABLE quintile.migration_digests, quintile.schedule_ticks, quintile.source_positions, quintile.check_results, quintile.run_events, quintile.run_attempts;
ALTER TABLE quintile.job_state DROP COLUMN versions_seen;
ALTER TABLE quintile.rejects DROP COLUMN replayed_run_id, DROP COLUMN replayed_at;
DROP INDEX quintile.run_steps_by_job;
ALTER TABLE quintile.run_steps DROP COLUMN step_id, DROP COLUMN source, DROP COLUMN target;
-- Replays are unknown to the older book.
DELETE FROM quintile.runs WHERE kind = 'replay';
ALTER TABLE quintile.runs DROP COLUMN retry_of, DROP COLUMN schedule, DROP COLUMN cancel_requested_at, DROP COLUMN cancel_requested_by;
ALTER TABLE quintile.runs DROP CONSTRAINT runs_kind_check;
ALTER TABLE quintile.runs ADD CONSTRAINT runs_kind_check CHECK (kind IN ('pipeline', 'import', 'sync'));
