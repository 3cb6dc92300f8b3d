-- Times at which another version of a history is valid than before, though no new version began.

CREATE TABLE quintile.version_changes (
  change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  target text NOT NULL,
  version_key jsonb NOT NULL,
  changed_from timestamptz NOT NULL,
  changed_to timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE quintile.version_changes IS 'Versions that were closed before a gap, opened again over one, or removed when a past was rebuilt; facts of those times are joined anew';
COMMENT ON COLUMN quintile.version_changes.version_key IS 'The key''s columns and values';
COMMENT ON COLUMN quintile.version_changes.changed_to IS 'Exclusive; 9999-12-31 where it has no end';
CREATE INDEX version_changes_by_target ON quintile.version_changes (target, change_id);
COMMENT ON COLUMN quintile.job_state.versions_seen IS 'Per history that a fact joins: the largest surrogate key and the last version change that its rows were held against';
