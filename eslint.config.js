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
const kubernetes = { regex: '^@kubernetes/', message: 'The Kubernetes client belongs to activities/kubernetes/.' };
const temporalOutside = {
  regex: '^@temporalio/(?!workflow$|common)',
  message: 'Workflow code sees @temporalio/workflow and @temporalio/common only.',
};
const services = { regex: '(^|/)sandbox/services(/|$)', message: 'The sample services are programs, not a library.' };

const everyFolder = ['contract', 'workflows', 'activities', 'worker', 'client', 'sandbox', 'catalog', 'bench', 'test'];

/** Our own folders that stay out of reach, all but those named. */
const allFoldersBut = (folder, ...allowed) => ({
  regex: `^(\\.\\./)+(${everyFolder.filter((name) => name !== folder && !allowed.includes(name)).join('|')})/`,
  message: `${folder}/ may import ${allowed.length === 0 ? 'nothing of ours' : allowed.map((name) => `${name}/`).join(', ')}.`,
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

const clientRooms = ['api', 'cli', 'view', 'requests', 'local', 'commands', 'start'];

/** A room of client/: of its neighbours it sees only those named. */
const clientRoom = (room, allowed, ...patterns) => {
  const refused = clientRooms.filter((name) => name !== room && !allowed.includes(name));
  const others = allowed.map((name) => `client/${name}/`).join(', ') || 'no other room of client/';
  const neighbours = {
    regex: `^(\\.\\./)+(${refused.join('|')})/`,
    message: `client/${room}/ may import ${others}.`,
  };
  return folderRules(`client/${room}`, [services, google, kubernetes, neighbours, ...patterns]);
};
const typesOfApi = {
  regex: '^(\\.\\./)+api/',
  allowTypeImports: true,
  message: 'Types only from client/api/: a view shows what it is given.',
};

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
      // TypeScript checks names itself.
      'no-undef': 'off',
    },
  },
  folderRules('contract', [allFoldersBut('contract'), builtins, google, kubernetes, temporalOutside]),
  folderRules('workflows', [
    allFoldersBut('workflows', 'contract', 'activities'),
    typesOf('activities'),
    builtins,
    google,
    kubernetes,
    temporalOutside,
  ]),
  folderRules('catalog', [allFoldersBut('catalog', 'contract'), google, kubernetes]),
  folderRules(
    'activities',
    [activitiesMayImport, google, kubernetes],
    ['activities/google/**', 'activities/kubernetes/**'],
  ),
  folderRules('activities/google', [activitiesMayImport, kubernetes]),
  folderRules('activities/kubernetes', [activitiesMayImport, google]),
  folderRules('worker', [services, google, kubernetes]),
  folderRules('client', [services, google, kubernetes]),
  clientRoom('api', []),
  clientRoom('cli', ['api']),
  clientRoom('view', ['api', 'cli'], typesOfApi),
  clientRoom('requests', ['api', 'cli']),
  clientRoom('local', ['api', 'cli']),
  clientRoom('start', ['api', 'cli', 'view', 'requests', 'local']),
  folderRules('sandbox', [allFoldersBut('sandbox', 'contract')], ['sandbox/services/**']),
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
    ignores: ['sandbox/services/**'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
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
