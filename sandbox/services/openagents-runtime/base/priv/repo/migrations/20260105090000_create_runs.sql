-- slipway: compatible
CREATE TABLE runtime.runs (
  run_id text PRIMARY KEY,
  owner text NOT NULL,
  status text NOT NULL DEFAULT 'created',
  metadata jsonb NOT NULL DEFAULT '{}',
  inserted_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);
