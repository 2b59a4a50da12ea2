/**
 * Names a repository by host and path, whatever form it is written in: `git+https://host/path.git@refs/heads/main` and
 * `git@host:path` are both `host/path`. Undefined for what names none, such as an image.
 */
export function repositoryName(text: string): string | undefined {
  const scp = /^[\w.-]+@([\w.-]+):(?!\/)(.+)$/.exec(text);
  const url = scp ? `ssh://${scp[1]}/${scp[2]}` : text.replace(/^git\+/, '');
  if (!/^(https?|ssh|git):\/\//.test(url)) return undefined;
  try {
    const { host, pathname } = new URL(url);
    const path = pathname
      .replace(/@.*$/, '')
      .replace(/\/+$/, '')
      .replace(/\.git$/, '');
    return `${host}${path}`;
  } catch {
    return undefined;
  }
}
