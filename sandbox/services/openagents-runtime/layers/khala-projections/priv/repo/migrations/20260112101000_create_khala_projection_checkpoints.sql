-- slipway: compatible
CREATE TABLE runtime.khala_projection_checkpoints (
  run_id text NOT NULL,
  projector text NOT NULL,
  last_seq bigint NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (run_id, projector)
);
