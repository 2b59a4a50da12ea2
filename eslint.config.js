import { builtinModules } from 'node:module';
import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/**
 * Who may import what. Arrows point inward to contract/: a workflow sees types of activities only, a cloud's SDK is
 * seen by its adapter only, and the sandbox, which stands in for the outside, knows nothing of Slipway but its
 * vocabulary.
 */
const builtins = {
  regex: `^(node:.*|${builtinModules.filter((name) => !name.startsWith('_')).join('|')})$`,
  message: 'Workflow code is deterministic: do this in an activity.',
};
const google = {
  regex: '^(@google-cloud/|google-gax|google-auth-library)',
  message: 'Google SDKs belong to activities/google/.',
};
const kubernetes = {
  regex: '^@kubernetes/',
  message: 'The Kubernetes client belongs to activities/kubernetes/ and sandbox/kubernetes/.',
};
const sigstore = {
  regex: '^@sigstore/',
  message: 'Signatures are verified in activities/provenance/.',
};
const temporalOutside = {
  regex: '^@temporalio/(?!workflow$|common)',
  message: 'Workflow code sees @temporalio/workflow and @temporalio/common only.',
};
const services = { regex: '(^|/)sandbox/services(/|$)', message: 'The sample services are programs, not a library.' };

const everyFolder = ['contract', 'workflows', 'activities', 'worker', 'client', 'sandbox', 'catalog', 'bench', 'test'];

/** Our own folders that stay out of reach, all but those named. */
const allFoldersBut = (folder, ...allowed) => ({
  regex: `^(\\.\\./)+(${everyFolder.filter((name) => name !== folder && !allowed.includes(name)).join('|')})/`,
  message: `${folder}/ may import ${allowed.map((name) => `${name}/`).join(', ') || 'nothing of ours'}.`,
});
const typesOf = (folder) => ({
  regex: `^(\\.\\./)+${folder}/`,
  allowTypeImports: true,
  message: `Types only from ${folder}/: its code must not get into the workflow bundle.`,
});

const folderRules = (folder, patterns, ignores = []) => ({
  files: [`${folder}/**/*.ts`],
  ignores,
  rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] },
});

const workflowsMayImport = [
  allFoldersBut('workflows', 'contract', 'activities'),
  typesOf('activities'),
  builtins,
  google,
  kubernetes,
  sigstore,
  temporalOutside,
];
/** Rooms of workflows/ with the rooms that each stands on: any run stands on run/, whoever writes stands on lease/. */
const workflowRooms = {
  run: [],
  approvals: ['run'],
  lease: ['run'],
  environment: ['run'],
  change: ['run', 'approvals', 'lease'],
  rollback: ['run', 'approvals', 'lease', 'change'],
  train: ['run', 'approvals', 'lease', 'change'],
  operations: ['run', 'approvals', 'lease'],
  incident: ['run'],
};
const workflowWalls = Object.entries(workflowRooms).map(([room, below]) => {
  const others = Object.keys(workflowRooms).filter((name) => name !== room && !below.includes(name));
  const wall = {
    regex: `^(\\.\\./)+(${others.join('|')})/`,
    message: `workflows/${room}/ stands on ${below.map((name) => `${name}/`).join(', ') || 'contract/ only'}.`,
  };
  return folderRules(`workflows/${room}`, [...workflowsMayImport, wall]);
});

const sandboxMayImport = allFoldersBut('sandbox', 'contract');
const cloud = {
  regex: '(^|/)cloud/',
  message: 'sandbox/containers/ runs containers for any platform: it knows no cloud.',
};
/** Rooms of sandbox/cloud/run that stand above or beside this one. */
const runRooms = (room, ...names) => ({
  regex: `^\\.\\./(\\.\\./run/)?(${names.join('|')})/`,
  message: `sandbox/cloud/run/${room}/ knows nothing of ${names.map((name) => `${name}/`).join(', ')}.`,
});

/** Rooms of client/ with the rooms that each stands on; only commands/ stands on all of them. */
const clientRooms = {
  api: [],
  cli: ['api'],
  view: ['api', 'cli'],
  report: ['api', 'cli'],
  requests: ['api', 'cli', 'view'],
  local: ['api', 'cli'],
  start: ['api', 'cli', 'view', 'report', 'requests', 'local'],
  alerts: ['api', 'cli'],
  board: ['api', 'cli', 'view', 'report', 'requests'],
};
const typesOfApi = {
  regex: '^(\\.\\./)+api/',
  allowTypeImports: true,
  message: 'Types only from client/api/: a view or a report shows what it is given.',
};
const clientWalls = Object.entries(clientRooms).map(([room, below]) => {
  const others = [...Object.keys(clientRooms), 'commands'].filter((name) => name !== room && !below.includes(name));
  const wall = {
    regex: `^(\\.\\./)+(${others.join('|')})/`,
    message: `client/${room}/ stands on ${below.map((name) => `${name}/`).join(', ') || 'contract/ only'}.`,
  };
  return folderRules(`client/${room}`, [
    services,
    google,
    kubernetes,
    sigstore,
    wall,
    ...(['view', 'report'].includes(room) ? [typesOfApi] : []),
  ]);
});

/** Times of payloads are RFC 3339. In a text that people read each goes through the function that writes it for them. */
const timeNames = '^(since|until|expires|onset|\\w+At)$';
const rawTimes = (how, ...nodes) => ({
  'no-restricted-syntax': [
    'error',
    { selector: `TemplateLiteral > :matches(${nodes.join(', ')})`, message: `People read this time: ${how}.` },
  ],
});
const timeFields = [`MemberExpression[property.name=/${timeNames}/]`, 'MemberExpression[property.name="at"]'];

const browserNames = ['document', 'fetch', 'AbortSignal', 'DOMParser', 'Node', 'setTimeout', 'clearTimeout'];

const activitiesMayImport = allFoldersBut('activities', 'contract', 'catalog');

export default defineConfig([
  globalIgnores(['**/node_modules/', '.slipway/', 'dist/', 'coverage/', 'sandbox/services/**/node_modules/']),
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      // A floating promise is a lost failure, in workflow code even a lost determinism.
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // A function that answers a promise by its contract need not await in every implementation.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // Objects of functions are our usual shape, and they do not use `this`.
      '@typescript-eslint/unbound-method': 'off',
      // Prettier breaks code; comments and strings are ours to break.
      'max-len': ['error', { code: 120, ignoreUrls: true, ignoreRegExpLiterals: true }],
      // TypeScript checks names itself.
      'no-undef': 'off',
    },
  },
  {
    files: ['contract/**/*.ts', 'workflows/**/*.ts', 'activities/**/*.ts'],
    rules: rawTimes('utcMoment(…)', ...timeFields, `Identifier[name=/${timeNames}/]`),
  },
  { files: ['client/**/*.ts'], rules: rawTimes('momentText(…)', ...timeFields) },
  folderRules('contract', [allFoldersBut('contract'), builtins, google, kubernetes, sigstore, temporalOutside]),
  folderRules('workflows', workflowsMayImport),
  ...workflowWalls,
  folderRules('catalog', [allFoldersBut('catalog', 'contract'), google, kubernetes, sigstore]),
  folderRules(
    'activities',
    [activitiesMayImport, google, kubernetes, sigstore],
    ['activities/google/**', 'activities/kubernetes/**', 'activities/provenance/**'],
  ),
  folderRules('activities/google', [activitiesMayImport, kubernetes, sigstore]),
  folderRules('activities/kubernetes', [activitiesMayImport, google, sigstore]),
  folderRules('activities/provenance', [activitiesMayImport, google, kubernetes]),
  folderRules('worker', [services, google, kubernetes, sigstore]),
  folderRules('client', [services, google, kubernetes, sigstore]),
  ...clientWalls,
  folderRules('sandbox', [sandboxMayImport, kubernetes, sigstore], ['sandbox/services/**', 'sandbox/kubernetes/**']),
  folderRules('sandbox/kubernetes', [sandboxMayImport]),
  folderRules('sandbox/containers', [sandboxMayImport, cloud, kubernetes]),
  ...[
    ['resources', 'containers', 'services', 'jobs'],
    ['containers', 'services', 'jobs'],
    ['services', 'jobs'],
    ['jobs', 'services'],
  ].map(([room, ...above]) =>
    folderRules(`sandbox/cloud/run/${room}`, [sandboxMayImport, kubernetes, runRooms(room, ...above)]),
  ),
  folderRules('bench', [kubernetes]),
  {
    files: ['test/**/*.ts'],
    rules: {
      // Answers of emulators and child processes are JSON of any shape; the assertions are their check.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-explicit-any': 'off',
    },
  },
  {
    files: ['**/*.js'],
    ignores: ['sandbox/services/**', 'client/board/page.js'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
  {
    // Runs in a browser.
    files: ['client/board/page.js'],
    languageOptions: {
      globals: Object.fromEntries(browserNames.map((name) => [name, 'readonly'])),
    },
  },
  {
    // Programs of another world: plain CommonJS, started as containers would be.
    files: ['sandbox/services/**/*.{js,cjs}'],
    languageOptions: { sourceType: 'commonjs', globals: { ...nodeGlobals() } },
    rules: {
      'no-unused-vars': ['error', { argsIgnorePattern: '^_', caughtErrors: 'none' }],
      'preserve-caught-error': 'off',
    },
  },
]);

function nodeGlobals() {
  const names = [
    'process',
    'console',
    'Buffer',
    'URL',
    'URLSearchParams',
    'fetch',
    'AbortSignal',
    'AbortController',
    'setTimeout',
    'clearTimeout',
    'setInterval',
    'clearInterval',
    'setImmediate',
    '__dirname',
    '__filename',
  ];
  return Object.fromEntries(names.map((name) => [name, 'readonly']));
}
