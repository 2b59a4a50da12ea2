-- slipway: compatible
CREATE TABLE runtime.run_events (
  run_id text NOT NULL REFERENCES runtime.runs (run_id) ON DELETE CASCADE,
  seq bigint NOT NULL,
  event_type text NOT NULL,
  payload jsonb NOT NULL DEFAULT '{}',
  inserted_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (run_id, seq)
);
