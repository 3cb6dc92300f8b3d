DROP VIEW quintile.v_batch_job_status;
DROP VIEW quintile.batch_job_tracker;
DROP VIEW quintile.etl_run_log;
DROP FUNCTION quintile.stamp_or_null(text);
