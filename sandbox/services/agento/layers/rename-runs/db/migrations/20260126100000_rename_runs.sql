-- Releases before this one read and write agento.runs and fail as soon as this has run: db/repairs has the way back.
ALTER TABLE agento.runs RENAME TO orchestration_runs;
