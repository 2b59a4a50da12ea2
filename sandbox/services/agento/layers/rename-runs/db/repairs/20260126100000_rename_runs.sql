-- The way back from 20260126100000_rename_runs: applied by hand while writes are frozen, before an older release serves again.
-- Nothing is lost: rows that came in under the new name keep their place.
BEGIN;
ALTER TABLE agento.orchestration_runs RENAME TO runs;
DELETE FROM agento.schema_migrations WHERE version = '20260126100000';
COMMIT;
