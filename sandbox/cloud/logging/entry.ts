/** Plain JSON, as in the REST form of an entry. */
export type JsonObject = { [key: string]: unknown };
