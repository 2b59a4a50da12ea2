import type { CompletedModule } from './go/completed-module.ts';
import type { Version } from './version.ts';

/** Gets one line of progress. A passing one is out of date with the next: it need not be kept. */
export type Say = (line: string, isPassing?: boolean) => void;

/**
 * A program that the sandbox needs and npm does not bring. It is taken from the first of: the file that the
 * environment variable names, a program on PATH whose version fits, the pinned Go module, built once into the cache.
 */
export interface Server {
  /** As a person would call it: 'Temporal CLI'. */
  title: string;
  /** Name of the program. */
  name: string;
  /** The pinned module, where it has several programs: its folder beside this file, and what a person calls it. */
  module?: { folder: string; title: string };
  /** Environment variable that names the file to use. */
  variable: string;
  /** Packages of the pinned module that are built together; each but a single one is named as its program. */
  packages: readonly string[];
  /** How it says its version, where that is not `--version`. */
  versionArguments?: readonly string[];
  /** Build tags that leave out what the sandbox has no use for. */
  tags?: string[];
  /** A module of the build whose archive lacks files. */
  completed?: CompletedModule;
  /** Further flags of the linker, such as the version that a program says of itself. */
  linkerFlags?: readonly string[];
  /** Lowest version of a program on PATH that will do, and of which major version. */
  version: Version;
  /** Refuses later minor versions, too. */
  sameMinor?: boolean;
  /** The build's duration in words, for a person who waits: 'about three minutes on two cores'. */
  takes: string;
  /** Lowest Go that the pinned module takes: '1.25'. */
  go: string;
}
