/** Values for the placeholders of a query. */
export type QueryValues = Partial<Record<'service' | 'environment' | 'revision' | 'window', string>>;

/** Fills `{service}` and the like in a PromQL query. A placeholder without a value stays as it is. */
export function fillQuery(query: string, values: QueryValues): string {
  return query.replace(/\{(service|environment|revision|window)\}/g, (whole, name: keyof QueryValues) => {
    const value = values[name];
    return value === undefined ? whole : literal(value);
  });
}

/** Writes a number as a person reads it: four digits that count. */
export function formatNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

/** Escapes a name for the quotes that the query has around it (platform: PromQL, string literals). */
function literal(name: string): string {
  return name.replace(/[\\"]/g, '\\$&').replace(/\p{Cc}/gu, ' ');
}
