import type { Version } from './version.ts';

/** Gets one line of progress. */
export type Say = (line: string) => void;

/**
 * A program that the sandbox needs and npm does not bring. It is taken from the first of: the file that the
 * environment variable names, a program on PATH whose version fits, the pinned Go module, built once into the cache.
 */
export interface Server {
  /** As a person would call it: 'Temporal CLI'. */
  title: string;
  /** Name of the program, and of the pinned module's folder beside this file. */
  name: string;
  /** Environment variable that names the file to use. */
  variable: string;
  /** The package inside the pinned module. */
  package: string;
  /** Build tags that leave out what the sandbox has no use for. */
  tags?: string[];
  /** Lowest version of a program on PATH that will do, and of which major version. */
  version: Version;
  /** The build's duration in words, for a person who waits: 'about three minutes on two cores'. */
  takes: string;
  /** Lowest Go that the pinned module takes: '1.25'. */
  go: string;
}
