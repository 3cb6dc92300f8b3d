-- The run book in the shapes that the customers' own monitoring reads. Times are UTC without a zone, as theirs are.

CREATE FUNCTION quintile.stamp_or_null(stamp text) RETURNS timestamp
LANGUAGE plpgsql STABLE SET timezone = 'UTC' SET datestyle = 'ISO, YMD' AS $$
BEGIN
  -- Words that PostgreSQL would take for a time (now, today, infinity) and plain numbers are none.
  IF stamp !~ '^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?( ?(Z|[+-]\d{2}(:?\d{2})?))?)?$' THEN
    RETURN NULL;
  END IF;
  RETURN stamp::timestamptz AT TIME ZONE 'UTC';
EXCEPTION WHEN data_exception THEN
  -- 2026-02-30
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION quintile.stamp_or_null(text) IS 'A watermark as a UTC timestamp; null when it is another kind of text, never an error';

CREATE VIEW quintile.etl_run_log AS
SELECT
  s.step_id::integer AS run_id,
  left(coalesce(s.source, CASE r.kind WHEN 'import' THEN 'file' ELSE 'warehouse' END), 100)::varchar(100) AS source_system,
  left(coalesce(s.target, s.job), 100)::varchar(100) AS table_name,
  s.started_at AT TIME ZONE 'UTC' AS run_start_time,
  s.ended_at AT TIME ZONE 'UTC' AS run_end_time,
  CASE WHEN s.status IN ('succeeded', 'warning') THEN least(s.rows_read, 2147483647)::integer ELSE 0 END AS records_extracted,
  CASE WHEN s.status IN ('succeeded', 'warning')
    THEN least(s.inserted + s.updated + s.versions_closed + s.unchanged, 2147483647)::integer ELSE 0 END AS records_loaded,
  (CASE s.status WHEN 'succeeded' THEN 'success' WHEN 'warning' THEN 'success' WHEN 'running' THEN 'running' ELSE 'failed' END)::varchar(20) AS status,
  CASE WHEN s.status IN ('failed', 'cancelled', 'skipped') THEN coalesce(s.error ->> 'message', s.note, s.status) END AS error_message,
  CASE WHEN s.status IN ('succeeded', 'warning') THEN quintile.stamp_or_null(s.watermark) END AS last_extracted_timestamp
FROM quintile.run_steps s JOIN quintile.runs r USING (run_id)
WHERE s.started_at IS NOT NULL AND r.kind <> 'sync';
COMMENT ON VIEW quintile.etl_run_log IS 'One row per step that began (feature syncs left out), as far back as the run book is kept';
COMMENT ON COLUMN quintile.etl_run_log.run_id IS 'The step''s own number (run_steps.step_id), not the run_id of the run book';
COMMENT ON COLUMN quintile.etl_run_log.source_system IS 'The source that was read; “warehouse” where the job read the warehouse itself, “file” for an import';
COMMENT ON COLUMN quintile.etl_run_log.table_name IS 'The target table';
COMMENT ON COLUMN quintile.etl_run_log.run_start_time IS 'UTC';
COMMENT ON COLUMN quintile.etl_run_log.run_end_time IS 'UTC; null while it runs';
COMMENT ON COLUMN quintile.etl_run_log.records_extracted IS 'Rows read; 0 unless the step succeeded, since nothing of another is kept';
COMMENT ON COLUMN quintile.etl_run_log.records_loaded IS 'Rows that the target holds afterwards: inserted, updated, new versions and those already there; extracted less loaded are the rejects';
COMMENT ON COLUMN quintile.etl_run_log.status IS 'running, success (also with warnings) or failed (also cancelled)';
COMMENT ON COLUMN quintile.etl_run_log.error_message IS 'Why it failed; null otherwise';
COMMENT ON COLUMN quintile.etl_run_log.last_extracted_timestamp IS 'The largest source stamp loaded so far, never the clock; null where the watermark is not a time, and after a failure';

CREATE VIEW quintile.batch_job_tracker AS
WITH steps AS (
  SELECT s.*, r.started_at AS run_started_at FROM quintile.run_steps s JOIN quintile.runs r USING (run_id)
), latest AS (
  -- A step that waits for its turn says nothing yet, unless it is the job's first.
  SELECT DISTINCT ON (job) * FROM steps ORDER BY job, status = 'queued', run_started_at DESC, step_id DESC
), success AS (
  SELECT DISTINCT ON (job) * FROM steps WHERE status IN ('succeeded', 'warning') ORDER BY job, run_started_at DESC, step_id DESC
), known AS (
  SELECT steps.job, min(steps.run_started_at) AS since, count(*) FILTER (
    WHERE steps.status = 'failed' AND (success.job IS NULL OR (steps.run_started_at, steps.step_id) > (success.run_started_at, success.step_id))) AS failures
  FROM steps LEFT JOIN success USING (job) GROUP BY steps.job
)
SELECT
  left(latest.job, 100)::varchar(100) AS job_name,
  coalesce(success.ended_at AT TIME ZONE 'UTC', timestamp '2024-01-01') AS last_run_timestamp,
  (CASE WHEN latest.status IN ('succeeded', 'warning') THEN 'SUCCESS' WHEN latest.status IN ('running', 'queued') THEN 'RUNNING' ELSE 'FAILED' END)::varchar(20) AS last_run_status,
  coalesce(success.rows_read, 0) AS rows_processed,
  coalesce(success.inserted, 0) AS rows_inserted,
  coalesce(success.updated + success.versions_closed, 0) AS rows_updated,
  known.failures::integer AS errors_count,
  CASE WHEN latest.status IN ('failed', 'cancelled', 'skipped') THEN left(coalesce(latest.error ->> 'message', latest.note, latest.status), 1000) END AS error_message,
  round(extract(epoch FROM success.ended_at - success.started_at))::integer AS execution_duration_sec,
  latest.started_at AT TIME ZONE 'UTC' AS started_at,
  latest.ended_at AT TIME ZONE 'UTC' AS completed_at,
  known.since AT TIME ZONE 'UTC' AS created_at,
  coalesce(latest.ended_at, latest.started_at, latest.run_started_at) AT TIME ZONE 'UTC' AS updated_at
FROM latest JOIN known USING (job) LEFT JOIN success USING (job);
COMMENT ON VIEW quintile.batch_job_tracker IS 'One row per job that stands in the run book; its history is in quintile.run_steps';
COMMENT ON COLUMN quintile.batch_job_tracker.job_name IS 'The job';
COMMENT ON COLUMN quintile.batch_job_tracker.last_run_timestamp IS 'When the job last succeeded, UTC; 2024-01-01 before its first success. Not a watermark: that is quintile.job_state.watermark';
COMMENT ON COLUMN quintile.batch_job_tracker.last_run_status IS 'SUCCESS (also with warnings), FAILED (also cancelled, or skipped because of another) or RUNNING';
COMMENT ON COLUMN quintile.batch_job_tracker.rows_processed IS 'Rows read by the last success';
COMMENT ON COLUMN quintile.batch_job_tracker.rows_inserted IS 'Rows that the last success inserted';
COMMENT ON COLUMN quintile.batch_job_tracker.rows_updated IS 'Rows that the last success changed: in place, or by a new version';
COMMENT ON COLUMN quintile.batch_job_tracker.errors_count IS 'Failures since the last success';
COMMENT ON COLUMN quintile.batch_job_tracker.error_message IS 'Why the last run of the job failed, at most 1000 characters; null otherwise';
COMMENT ON COLUMN quintile.batch_job_tracker.execution_duration_sec IS 'How long the last success took, in whole seconds; null before the first';
COMMENT ON COLUMN quintile.batch_job_tracker.started_at IS 'When the last run of the job began, UTC; null if it was skipped';
COMMENT ON COLUMN quintile.batch_job_tracker.completed_at IS 'When it ended, UTC; null while it runs';
COMMENT ON COLUMN quintile.batch_job_tracker.created_at IS 'Start of the oldest run of the job that the run book keeps, UTC';
COMMENT ON COLUMN quintile.batch_job_tracker.updated_at IS 'When its last run began or ended, UTC';

CREATE VIEW quintile.v_batch_job_status AS
SELECT
  job_name, last_run_status, last_run_timestamp, rows_processed, rows_inserted, rows_updated, errors_count, execution_duration_sec,
  CASE last_run_status WHEN 'RUNNING' THEN round(extract(epoch FROM (now() AT TIME ZONE 'UTC') - started_at))::integer
    ELSE execution_duration_sec END AS duration_sec,
  CASE
    WHEN last_run_status = 'RUNNING' THEN 'running'
    WHEN last_run_status = 'FAILED' THEN 'failed: ' || coalesce(error_message, 'no reason was recorded')
    WHEN updated_at < (now() AT TIME ZONE 'UTC') - interval '2 days' THEN 'stale'
    ELSE 'healthy'
  END AS status_message,
  updated_at,
  age(now() AT TIME ZONE 'UTC', updated_at) AS time_since_last_run
FROM quintile.batch_job_tracker
ORDER BY updated_at DESC;
COMMENT ON VIEW quintile.v_batch_job_status IS 'How each job is, the one that moved last first';
COMMENT ON COLUMN quintile.v_batch_job_status.job_name IS 'The job';
COMMENT ON COLUMN quintile.v_batch_job_status.last_run_status IS 'SUCCESS, FAILED or RUNNING';
COMMENT ON COLUMN quintile.v_batch_job_status.last_run_timestamp IS 'When the job last succeeded, UTC; 2024-01-01 before its first success';
COMMENT ON COLUMN quintile.v_batch_job_status.rows_processed IS 'Rows read by the last success';
COMMENT ON COLUMN quintile.v_batch_job_status.rows_inserted IS 'Rows that the last success inserted';
COMMENT ON COLUMN quintile.v_batch_job_status.rows_updated IS 'Rows that the last success changed';
COMMENT ON COLUMN quintile.v_batch_job_status.errors_count IS 'Failures since the last success';
COMMENT ON COLUMN quintile.v_batch_job_status.execution_duration_sec IS 'How long the last success took, in whole seconds';
COMMENT ON COLUMN quintile.v_batch_job_status.duration_sec IS 'For how long a running job has run; else how long the last success took';
COMMENT ON COLUMN quintile.v_batch_job_status.status_message IS 'running; failed: with the reason; stale when its last success is more than 2 days old; healthy';
COMMENT ON COLUMN quintile.v_batch_job_status.updated_at IS 'When its last run began or ended, UTC';
COMMENT ON COLUMN quintile.v_batch_job_status.time_since_last_run IS 'How long ago that was';
