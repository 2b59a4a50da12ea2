-- slipway: compatible
CREATE TABLE runtime.sync_stream_events (
  topic text NOT NULL,
  seq bigint NOT NULL,
  event_type text NOT NULL,
  payload jsonb NOT NULL DEFAULT '{}',
  inserted_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (topic, seq)
);
