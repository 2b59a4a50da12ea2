-- slipway: compatible
ALTER TABLE agento.listings ADD COLUMN price numeric;
