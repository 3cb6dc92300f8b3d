COMMENT ON COLUMN quintile.job_state.versions_seen IS 'Per history that a fact joins: the largest surrogate key that its rows were held against';
DROP TABLE quintile.version_changes;
