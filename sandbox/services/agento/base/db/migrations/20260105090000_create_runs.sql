-- slipway: compatible
CREATE TABLE agento.runs (
  run_id text PRIMARY KEY,
  goal text NOT NULL,
  marker text UNIQUE,
  status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'completed', 'failed')),
  output jsonb,
  enqueued_by text NOT NULL,
  worker text,
  attempt integer NOT NULL DEFAULT 0,
  lease_until timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX runs_unfinished ON agento.runs (created_at) WHERE status IN ('queued', 'running');
CREATE TABLE agento.run_transitions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id text NOT NULL REFERENCES agento.runs (run_id) ON DELETE CASCADE,
  status text NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX run_transitions_by_run ON agento.run_transitions (run_id, id);
