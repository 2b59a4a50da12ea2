'use strict';

const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const vm = require('node:vm');
const { available } = require('../lib/migration-files');
const { root, scripts } = require('./source-files');

const problems = [];
const attempt = (place, work) => {
  try {
    work();
  } catch (error) {
    problems.push(`${place}: ${error.message}`);
  }
};

for (const file of scripts()) {
  const code = readFileSync(join(root, file), 'utf8');
  attempt(file, () => vm.compileFunction(code, ['exports', 'require', 'module', '__filename', '__dirname'], { filename: file }));
  if (!code.startsWith("'use strict';")) problems.push(`${file}: does not begin with 'use strict'`);
}
attempt('db/migrations', available);

for (const problem of problems) process.stderr.write(`${problem}\n`);
process.stdout.write(`${scripts().length} scripts checked, ${problems.length} problems\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
