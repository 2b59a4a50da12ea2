/**
 * Knows why deploys fail, as code: the table of runbook 002, section 9, and what the platforms themselves say. A row
 * matches texts (a failure's message, lines of a log) and says likely cause and fix.
 */

/** Says why something probably failed, and what mends it. */
export interface Diagnosis {
  /** The row of the table. */
  name: string;
  cause: string;
  fix: string;
  /** The text that shows it; secrets are hidden. */
  seen: string;
  /** What the program wrote last, in the order of time; secrets are hidden. */
  lines?: string[];
}

interface Row {
  cause: string;
  fix: string;
  /** One text has to match one of them. */
  patterns: readonly RegExp[];
  /** Texts that are of another row, although its patterns match them. */
  except?: RegExp;
}

/** Not in front of a name that somebody has given: `service watcher`, `file-watcher-00001`. */
const noName = String.raw`(?<![\w'"-]|\b(?:service|job|Deployment|StatefulSet|DaemonSet) )`;
const watcher = String.raw`${noName}watch(?:ers?|files?)\b(?![-'"])`;

const migrationFailed = /\bthe (?:fallback )?migration failed\b/;

/** The more special ones come first. A further one is a row here and a text in test/activities/diagnosis.test.ts. */
const rows = {
  watchers: {
    cause: 'the service watches files, so it does not run in its serverless profile',
    fix: 'set ONEIRIC_PROFILE to serverless in variables of the catalog, or --profile serverless in the Procfile',
    patterns: [
      new RegExp(String.raw`${watcher}.*\b(?:fail\w*|errors?|cannot|could not|denied|limit\w*|read-only)\b`, 'i'),
      new RegExp(String.raw`\b(?:fail\w*|errors?|cannot|could not)\b.*(?:${watcher}|\bwatching\b)`, 'i'),
      // Platform: Node, fs.watch; Linux, inotify(7).
      /\bE[A-Z]{3,}\b.*, watch\b|\binotify\b/,
      /\btrue at \/watchers_enabled\b/,
    ],
  },
  remoteSync: {
    cause: 'it asks for remote manifests: remote.enabled is true in its settings, whatever --no-remote says',
    fix: 'set enabled = false under [remote] in the settings file of the commit, or start it with --no-remote',
    patterns: [
      /\bremote (?:sync\w*|refresh|manifests?)\b.*\b(?:attempt\w*|fail\w*|error|fetch\w*|start\w*|enabled|refused)\b/i,
      /\b(?:attempt\w*|fail\w*|error|fetch\w*)\b.*\bremote (?:sync\w*|refresh|manifests?)\b/i,
      /\btrue at \/remote_enabled\b/,
    ],
  },
  secretRole: {
    cause: 'the service account of the service may not read a secret',
    fix: 'grant it roles/secretmanager.secretAccessor on the secret, lift the hold, and release again',
    patterns: [
      /permission denied on secret/i,
      /secretmanager\.versions\.access/i,
      /secret manager secret accessor/i,
      /\bsecret\b.*\b(?:PERMISSION_DENIED|permission denied|forbidden)\b/i,
    ],
    except: /\baccount of the worker\b|\(PERMISSION_DENIED\)|\bis forbidden: User\b/,
  },
  missingSecret: {
    cause: 'a secret, or its version, is not there',
    fix: 'add or enable the version, or correct secrets in the catalog; ./slipway plan has the origin of each key',
    patterns: [
      /\bsecrets?\b.{0,200}\b(?:was |were )?not found\b/i,
      /\bversion \S+ of secret \S+ is (?:missing|disabled|destroyed)\b/,
      // Platform: kubelet, kuberuntime_container.go.
      /\bcouldn't find key \S+ in Secret\b/i,
    ],
  },
  missingSetting: {
    cause: 'a setting that it needs is not there',
    fix: 'add it to secrets or variables of the catalog; with a line in inputs preflight finds it the next time',
    patterns: [
      /required (?:configuration|setting|environment variable)s? (?:is |are )?(?:missing|not set)/i,
      /missing required (?:configuration|setting|environment variable)/i,
      /\bis neither in secrets nor in variables of the catalog\b/,
      /\bKeyError: '[A-Z][A-Z0-9_]+'/,
      /\bconfigmap "[^"]+" not found\b|\bcouldn't find key \S+ in ConfigMap\b/i,
    ],
  },
  purgedCache: {
    cause: 'the build has removed the cache folder that the service needs',
    fix:
      'give the build BP_KEEP_FILES=/workspace/.oneiric_cache (catalog build.environment), and release a new commit: ' +
      'one is built only once',
    patterns: [
      /\.oneiric_cache\b.*\b(?:ENOENT|no such file|not found|missing|does not exist|purged|removed)\b/i,
      /\b(?:ENOENT|no such file|missing|cannot open|purged|removed)\b.*\.oneiric_cache\b/i,
    ],
  },
  memory: {
    cause: 'it needs more memory than it may have',
    fix: 'raise the memory limit of the service, or find what takes it',
    patterns: [/memory limit of .* exceeded/i, /\bOOMKilled\b/, /heap out of memory/i],
  },
  image: {
    cause: 'the platform cannot get the image',
    fix:
      'see that the registry has it, and that the platform may read it: roles/artifactregistry.reader for the ' +
      'service agent of Cloud Run, a pull secret in a cluster',
    patterns: [
      /\bimage '[^']*' not found/i,
      /\bmust have permission to read the image\b/i,
      /\bimage \S+ cannot be (?:pulled|used)\b/,
      /\bErrImagePull\b|\bImagePullBackOff\b/,
      /CONTAINER_?MISSING/i,
    ],
  },
  quota: {
    cause: 'a quota of the project or the namespace is used up',
    fix: 'free what is not needed, ask for fewer instances, or have the quota raised; lift the hold, and release again',
    patterns: [
      /quota (?:exceeded|violated)|exceeded (?:your |its )?(?:current )?quota|exceeded quota/i,
      /\bRESOURCE_EXHAUSTED\b/,
    ],
  },
  permission: {
    cause: 'the account of the worker lacks a right',
    fix: 'grant the right that the message names, then retry',
    patterns: [
      /\bPERMISSION_DENIED\b/,
      /permission '[^']+' denied/i,
      /\baccount of the worker has no permission\b/,
      /\bis forbidden: User\b/,
    ],
  },
  migration: {
    cause: 'the program of the migration has failed',
    fix: 'read what it wrote last; mend the migration, and release a new commit',
    patterns: [migrationFailed],
  },
  // Before the row of the probe: with a probe of its own, a program that has ended does not pass it either.
  port: {
    cause: 'nothing listens on the port that the platform names in PORT: its program has ended, or listens elsewhere',
    fix: 'read the last lines before its end; listen on 0.0.0.0 and on the port of the variable PORT',
    patterns: [
      /failed to start and listen on the port/i,
      // The probe that Cloud Run makes up where the service has none.
      /\bDefault STARTUP TCP probe failed\b/,
      // Not after a signal that the platform has sent.
      /\bContainer called exit\((?!(?:0|137|143)\))/,
      /\bCrashLoopBackOff\b|\bcrashes again and again\b/,
    ],
    // Platform: kubelet, the event of a container that it ends. A job need not listen.
    except: new RegExp(String.raw`\bfailed (?:startup|liveness) probe\b|${migrationFailed.source}`),
  },
  startUpProbe: {
    cause: 'it runs, but its start-up probe does not pass in time',
    fix: 'see what it does until then; give the probe more time, or correct its path and port',
    patterns: [
      /start-?up probe failed/i,
      /(?<!Default )\bSTARTUP (?:TCP|HTTP|GRPC) probe failed/,
      /\bfailed the configured startup probe checks\b/i,
      /\bits probes do not pass\b|\bfailed startup probe, will be restarted\b/,
    ],
  },
} satisfies Record<string, Row>;

export type DiagnosisName = keyof typeof rows;
export const diagnosisNames = Object.keys(rows) as DiagnosisName[];

/** People read the likeliest ones; a long list helps nobody at night. */
const maxDiagnoses = 3;
const maxSeenLength = 300;
const maxLastLines = 8;
/** Longer texts are not searched to their end. */
const maxSearched = 4_000;

/** Adds to the row of a failed migration what its program wrote last. */
export function withLastLines(found: readonly Diagnosis[], lines: readonly string[]): Diagnosis[] {
  return found.map((one) => (one.name === 'migration' ? { ...one, lines: lines.slice(-maxLastLines) } : one));
}

/** Finds the rows that match, the most special first. The texts have no secrets any more. */
export function diagnose(texts: readonly string[]): Diagnosis[] {
  const cut = texts.map((text) => text.slice(0, maxSearched));
  return diagnosisNames
    .flatMap((name) => {
      const { cause, fix, patterns, except }: Row = rows[name];
      const seen = cut.find((text) => patterns.some((pattern) => pattern.test(text)) && !except?.test(text));
      return seen === undefined ? [] : [{ name, cause, fix, seen: seen.slice(0, maxSeenLength) }];
    })
    .slice(0, maxDiagnoses);
}
