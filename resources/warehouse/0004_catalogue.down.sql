ALTER TABLE quintile.migration_digests DROP COLUMN described;
DROP TABLE quintile.catalogue;
DROP FUNCTION quintile.schema_parts();
