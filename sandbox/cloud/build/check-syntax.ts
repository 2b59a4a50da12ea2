import { readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import { stripTypeScriptTypes } from 'node:module';
import vm from 'node:vm';

/**
 * A program of its own: parses every script below a folder, and ends with 1 when one does not parse. It is what a
 * build does to a source besides storing it; one process for all files, where `node --check` takes one each.
 */
const root = process.argv[2] ?? '.';
let failures = 0;
let checked = 0;

for (const file of scriptsOf(root)) {
  try {
    check(file);
    checked += 1;
  } catch (error) {
    failures += 1;
    const { stack = '', message } = error as Error;
    const location = stack.split('\n')[0] ?? '';
    const name = relative(root, file);
    const shown = location.includes(file) ? location.replace(file, name) : name;
    process.stdout.write(`${shown}: SyntaxError: ${message}\n`);
  }
}
process.stdout.write(`${checked} scripts parsed, ${failures} failed\n`);
process.exitCode = failures > 0 ? 1 : 0;

function* scriptsOf(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === '.git') continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* scriptsOf(path);
    else if (entry.isFile() && /\.[cm]?[jt]s$/.test(entry.name) && !entry.name.endsWith('.d.ts')) yield path;
  }
}

function check(file: string): void {
  const extension = extname(file);
  const text = readFileSync(file, 'utf8').replace(/^#!.*/, '');
  const code = extension.endsWith('ts') ? stripTypeScriptTypes(text) : text;
  const isModule =
    extension.startsWith('.m') ||
    (!extension.startsWith('.c') && (isModulePackage(dirname(file)) || /^\s*(?:import|export)\s/m.test(code)));
  if (isModule) new vm.SourceTextModule(code, { identifier: file });
  // A CommonJS file is the body of a function.
  else vm.compileFunction(code, ['exports', 'require', 'module', '__filename', '__dirname'], { filename: file });
}

function isModulePackage(folder: string): boolean {
  try {
    return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { type?: string }).type === 'module';
  } catch {
    return folder === root || dirname(folder) === folder ? false : isModulePackage(dirname(folder));
  }
}
