-- slipway: compatible
CREATE TABLE agento.listings (
  listing_id text PRIMARY KEY,
  title text NOT NULL,
  marker text UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now()
);
