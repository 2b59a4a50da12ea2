import { describe, expect, it } from 'vitest';
import type { MigrationFolder } from '../../activities/migrations/index.ts';
import { listMigrations } from '../../activities/migrations/list.ts';
import { folderLayouts } from '../../contract/catalog/migration.ts';

/** Files of a folder as tools make them, with a text where it matters. */
type Files = Record<string, string>;

function list(folder: Omit<MigrationFolder, 'directory'>, files: Files) {
  const entries = Object.entries(files).map(([path, text], index) => ({
    path,
    text,
    blob: String(index).padStart(40, 'abcdef0'),
  }));
  return listMigrations({ directory: 'db', ...folder }, entries);
}

const namesOf = (found: ReturnType<typeof listMigrations>): string[] =>
  'migrations' in found ? found.migrations.map(({ name }) => name) : [`unknown: ${found.unknown}`];

const alembic = (revision: string, follows: string | null, typed = false) =>
  [
    `"""add orders\n\nRevision ID: ${revision}\n"""`,
    'from alembic import op',
    `revision${typed ? ': str' : ''} = '${revision}'`,
    `down_revision${typed ? ': Union[str, Sequence[str], None]' : ''} = ${follows === null ? 'None' : follows}`,
    'def upgrade(): pass',
  ].join('\n');

const asTheToolsHaveThem: [layout: MigrationFolder['layout'] & string, files: Files, names: string[]][] = [
  [
    'sql',
    { '2_b.sql': '', '1_a.sql': '', 'README.md': '', '.keep': '', 'atlas.sum': '', 'meta/_journal.json': '' },
    ['1_a.sql', '2_b.sql'],
  ],
  [
    'golangMigrate',
    { '10_b.up.sql': '', '10_b.down.sql': '', '9_a.up.sql': '', '9_a.down.sql': '' },
    ['9_a.up.sql', '10_b.up.sql'],
  ],
  [
    'prisma',
    { '20260102_orders/migration.sql': '', '20260101_init/migration.sql': '', 'migration_lock.toml': '' },
    ['20260101_init', '20260102_orders'],
  ],
  [
    'ecto',
    { '20260102_b.exs': '', '20260101_a.exs': '', 'old/20250101_c.exs': '', '.formatter.exs': '' },
    ['old/20250101_c.exs', '20260101_a.exs', '20260102_b.exs'],
  ],
  [
    'rails',
    { '20260102000000_add_b.rb': '', '20260101000000_create_a.blog_engine.rb': '' },
    ['20260101000000_create_a.blog_engine.rb', '20260102000000_add_b.rb'],
  ],
  [
    'alembic',
    {
      'a1_second.py': alembic('a1', "'f9'"),
      'f9_first.py': alembic('f9', null, true),
      'b2_other.py': alembic('b2', "'f9'", true),
      'c3_merge.py': alembic('c3', "('a1',\n  'b2')"),
      '__init__.py': '',
    },
    ['f9_first.py', 'a1_second.py', 'b2_other.py', 'c3_merge.py'],
  ],
  [
    'alembic',
    {
      'env.py': '',
      'script.py.mako': '',
      README: '',
      'versions/f9_first.py': alembic('f9', null),
    },
    ['versions/f9_first.py'],
  ],
  [
    'django',
    {
      'manage.py': '',
      'shop/models.py': '',
      'shop/migrations/__init__.py': '',
      'shop/migrations/0002_b.py': '',
      'shop/migrations/0001_initial.py': '',
      'blog/migrations/0001_initial.py': '',
      'static/site.css': '',
    },
    ['blog/0001_initial.py', 'shop/0001_initial.py', 'shop/0002_b.py'],
  ],
  ['django', { '__init__.py': '', '0001_initial.py': '' }, ['0001_initial.py']],
  [
    'flyway',
    {
      'V1.10__c.sql': '',
      'V1_2__b.sql': '',
      'V1__a.sql': '',
      'U1__a.sql': '',
      'V1__a.sql.conf': '',
      'later/V2__d.java': '',
      'R__views.sql': '',
    },
    ['R__views.sql (0abcdef)', 'V1__a.sql', 'V1_2__b.sql', 'V1.10__c.sql', 'later/V2__d.java'],
  ],
];

describe('migrations, as tools keep them', () => {
  it.each(asTheToolsHaveThem)('%s: %j', (layout, files, names) => {
    expect(namesOf(list({ layout }, files)).map((name) => name.replace(/ \(.*\)/, ' (0abcdef)'))).toEqual(names);
  });

  it('has an example of every layout', () => {
    expect(new Set(asTheToolsHaveThem.map(([layout]) => layout))).toEqual(new Set(folderLayouts));
  });

  it('sees a repeatable migration again once it has changed', () => {
    const [one, other] = ['a', 'b'].map((digit) =>
      listMigrations({ directory: 'db', layout: 'flyway' }, [
        { path: 'R__views.sql', text: '', blob: digit.repeat(40) },
      ]),
    );
    expect([one, other]).toEqual([
      { migrations: [{ name: 'R__views.sql (aaaaaaa)', compatibility: 'incompatible', runsAgain: true }] },
      { migrations: [{ name: 'R__views.sql (bbbbbbb)', compatibility: 'incompatible', runsAgain: true }] },
    ]);
  });

  it('takes the files of a pattern and no others, in folders, too', () => {
    const files = { '1-init.js': '', '2-orders.ts': '', 'helper.js': '', 'old/3-x.js': '' };
    expect(namesOf(list({ files: '[0-9]*.{js,ts}' }, files))).toEqual(['1-init.js', '2-orders.ts']);
    expect(namesOf(list({ files: '**/[0-9]*.js' }, files))).toEqual(['1-init.js', 'old/3-x.js']);
    expect(namesOf(list({ files: '*.sql' }, files))).toEqual([expect.stringMatching(/^unknown: db has no migration/)]);
  });
});

describe('migrations that are not understood are unknown, never none', () => {
  it.each<[what: string, folder: Omit<MigrationFolder, 'directory'>, files: Files, unknown: string]>([
    ['an empty folder', {}, { '.keep': '' }, 'db has no migration of layout sql (*.sql)'],
    [
      'the layout of another tool',
      {},
      { '20260101_a.exs': '' },
      'db has no migration of layout sql (*.sql); its files look like layout ecto',
    ],
    [
      'folders of another tool',
      { layout: 'sql' },
      { '20260101_init/migration.sql': '', 'migration_lock.toml': '' },
      'its files look like layout prisma',
    ],
    ['SQL in folders', {}, { '1_a.sql': '', 'tenants/2_b.sql': '' }, 'db has tenants/2_b.sql, which is no migration'],
    ['a way down beside the way up', {}, { '1_a.up.sql': '', '1_a.down.sql': '' }, 'look like layout golangMigrate'],
    ['one file of another language', {}, { '1_a.sql': '', '2_b.py': '' }, 'db has 2_b.py, which is no migration'],
    ['a name without version', { layout: 'rails' }, { '1_a.rb': '', 'seed.rb': '' }, 'db has seed.rb'],
    ['a prefix of its own', { layout: 'flyway' }, { 'M1__a.sql': '' }, 'no migration of layout flyway'],
    ['code that nobody can place', {}, { 'migrate.cobol': '' }, 'it has 1 file, such as migrate.cobol'],
    [
      'a revision that is not said',
      { layout: 'alembic' },
      { 'a.py': 'def upgrade(): pass' },
      'db: a.py does not say which revision it is',
    ],
    [
      'a revision that is lost',
      { layout: 'alembic' },
      { 'a.py': alembic('a', "'zz'") },
      'db: a.py follows revision zz, which is not there',
    ],
    [
      'two heads',
      { layout: 'alembic' },
      { 'a.py': alembic('a', null), 'b.py': alembic('b', "'a'"), 'c.py': alembic('c', "'a'") },
      'db: there are 2 heads, which have to be merged: b.py, c.py',
    ],
    [
      'a circle',
      { layout: 'alembic' },
      { 'a.py': alembic('a', "'b'"), 'b.py': alembic('b', "'a'"), 'c.py': alembic('c', "'b'") },
      'db: its revisions follow each other in a circle',
    ],
  ])('%s', (_what, folder, files, unknown) => {
    expect(list(folder, files)).toEqual({ unknown: expect.stringContaining(unknown) });
  });
});

describe('a declaration', () => {
  const compatibilityOf = (text: string) => {
    const found = list({}, { '1_a.sql': text });
    return 'migrations' in found ? found.migrations[0]?.compatibility : undefined;
  };

  it.each([
    '-- slipway: compatible',
    '# slipway: compatible\r\n',
    '// slipway: compatible',
    '/* slipway: compatible */',
    ';; slipway: compatible',
    '% slipway: compatible',
    '<!-- slipway: compatible -->',
    '\uFEFF-- slipway: compatible',
    '# frozen_string_literal: true\n\n# slipway: compatible\n',
    '-- +goose Up\n--slipway:compatible',
  ])('counts in a comment of any language, in one of the first three lines: %j', (text) => {
    expect(compatibilityOf(text)).toBe('compatible');
  });

  it.each([
    '',
    'slipway: compatible',
    '-- slipway: compatible?',
    '-- slipway: incompatible',
    '-- not slipway: compatible',
    'select 1; -- slipway: compatible',
    '\n\n\n-- slipway: compatible',
  ])('is none otherwise, so that the migration counts as incompatible: %j', (text) => {
    expect(compatibilityOf(text)).toBe('incompatible');
  });

  it('lets a migration run out of order', () => {
    expect(list({}, { '1_a.sql': '-- slipway: compatible\n-- slipway: out-of-order\n' })).toEqual({
      migrations: [{ name: '1_a.sql', compatibility: 'compatible', outOfOrder: true }],
    });
  });
});
