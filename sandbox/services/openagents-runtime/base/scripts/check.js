'use strict';

const { readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const vm = require('node:vm');

const root = join(__dirname, '..');
const folders = ['.', 'lib', 'scripts', 'test', 'test/deploy'];
const files = folders.flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.js'))
    .map((name) => join(folder, name)),
);

const problems = files.flatMap((file) => {
  const code = readFileSync(join(root, file), 'utf8');
  try {
    vm.compileFunction(code, ['exports', 'require', 'module', '__filename', '__dirname'], { filename: file });
  } catch (error) {
    return [`${file}: ${error.message}`];
  }
  return code.startsWith("'use strict';") ? [] : [`${file}: does not begin with 'use strict'`];
});

for (const problem of problems) process.stderr.write(`${problem}\n`);
process.stdout.write(`${files.length} scripts checked, ${problems.length} problems\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
