-- slipway: compatible
CREATE INDEX listings_by_title ON agento.listings (title);
