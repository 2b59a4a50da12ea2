/** Reads the processes of a Procfile, by their names: `web: node server.js`. */
export function procfileProcesses(text: string): Map<string, string> {
  const lines = text.matchAll(/^([A-Za-z0-9_-]+):[ \t]*(\S.*?)\s*$/gm);
  return new Map(Array.from(lines, ([, name = '', command = '']) => [name, command]));
}
