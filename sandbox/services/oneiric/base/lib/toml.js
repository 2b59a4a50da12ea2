'use strict';

const value = (text) => {
  if (text.startsWith('[')) return text.slice(1, -1).split(',').map((one) => one.trim()).filter(Boolean).map(value);
  if (text.startsWith('"')) return JSON.parse(text);
  if (text === 'true' || text === 'false') return text === 'true';
  const number = Number(text);
  if (text === '' || Number.isNaN(number)) throw new Error(`not a value: ${text}`);
  return number;
};

/** Reads the part of TOML that the configuration uses: tables, and texts, numbers, booleans and lists on one line. */
exports.parseToml = (source) => {
  const document = {};
  let table = document;
  for (const [index, line] of source.split('\n').entries()) {
    const text = line.replace(/^\s*#.*$/, '').trim();
    if (text === '') continue;
    const header = /^\[([\w.-]+)\]$/.exec(text);
    const pair = /^([\w-]+)\s*=\s*(.+)$/.exec(text);
    if (header) {
      table = document;
      for (const name of header[1].split('.')) table = table[name] ??= {};
    } else if (pair) table[pair[1]] = value(pair[2]);
    else throw new Error(`line ${index + 1} of the configuration is neither a table nor a value: ${text}`);
  }
  return document;
};
