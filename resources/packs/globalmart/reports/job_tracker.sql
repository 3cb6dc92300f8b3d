/*
title: Job tracker
description: Each job with its last run and its last success, the newest first. Times are UTC.
columns:
  - { name: job_name, label: Job, format: text }
  - { name: last_run_timestamp, label: Last success, format: datetime }
  - { name: last_run_status, label: Status, format: text }
  - { name: rows_processed, label: Rows read, format: integer }
  - { name: rows_inserted, label: Inserted, format: integer }
  - { name: rows_updated, label: Updated, format: integer }
  - { name: errors_count, label: Failures since, format: integer }
  - { name: execution_duration_sec, label: Seconds, format: integer }
  - { name: status_message, label: State, format: text }
*/
SELECT t.job_name, t.last_run_timestamp AT TIME ZONE 'UTC' AS last_run_timestamp, t.last_run_status, t.rows_processed, t.rows_inserted, t.rows_updated, t.errors_count,
  t.execution_duration_sec, s.status_message
FROM batch_job_tracker t LEFT JOIN v_batch_job_status s USING (job_name)
ORDER BY t.last_run_timestamp DESC, t.job_name
