DROP TABLE quintile.imported_files, quintile.leases, quintile.targets, quintile.job_state, quintile.rejects, quintile.run_log, quintile.run_steps, quintile.runs;
