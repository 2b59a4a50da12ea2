/** Names a database server and who asks; the password is null where none is known. */
export interface DatabaseServer {
  host: string;
  port: number;
  user: string;
  password: string | null;
}

/** Says whether a server lets anybody in, in the words of PostgreSQL's own `pg_isready`. */
export type Readiness = 'accepting connections' | 'rejecting connections' | 'no response';

/** A server of databases, asked over the wire. */
export interface Databases {
  /** Says whether it accepts connections, and why not; who asks need have no right to anything. Never throws. */
  readiness(server: DatabaseServer, signal: AbortSignal): Promise<{ readiness: Readiness; why: string }>;
  /** Lists those of the databases that it has. Fails as `Denied` where it refuses who asks. */
  existing(server: DatabaseServer, names: readonly string[], signal: AbortSignal): Promise<string[]>;
}
