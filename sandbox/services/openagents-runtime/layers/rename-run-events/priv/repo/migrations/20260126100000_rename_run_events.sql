-- Releases before this one write to runtime.run_events and fail as soon as this has run.
ALTER TABLE runtime.run_events RENAME TO run_log;
