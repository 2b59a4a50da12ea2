const silentForMs = 60_000;
const reportEveryMs = 5_000;
/** As Go's own default. Source: go.dev/ref/mod, environment variable GOPROXY. */
const usualProxy = 'https://proxy.golang.org';

/** Answers the proxies that GOPROXY names, in order, without `direct` and `off`. */
const proxies = (environment: NodeJS.ProcessEnv = process.env): URL[] =>
  (environment['GOPROXY'] || usualProxy)
    .split(/[,|]/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '' && entry !== 'direct' && entry !== 'off')
    .map((entry) => new URL(entry.endsWith('/') ? entry : `${entry}/`));

/** Moves name and password of an address to where `fetch` takes them. */
const authorized = (address: URL): { url: URL; headers: Record<string, string> } => {
  const url = new URL(address);
  const { username, password } = url;
  Object.assign(url, { username: '', password: '' });
  if (username === '') return { url, headers: {} };
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { url, headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
};

const megabytes = (bytes: number): number => Math.round(bytes / 1_000_000);

/** Fetches the file. Throws when no byte comes for a minute. */
const download = async (address: URL, onProgress: (text: string) => void): Promise<Buffer> => {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new Error(`nothing came for ${silentForMs / 1_000} s`)), silentForMs);
  try {
    const { url, headers } = authorized(address);
    const response = await fetch(url, { headers, signal: silence.signal });
    if (!response.ok || !response.body) throw new Error(`${response.status} ${response.statusText}`);
    const whole = Number(response.headers.get('content-length') ?? 0);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    let reportedAt = Date.now();
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      timer.refresh();
      chunks.push(chunk);
      bytes += chunk.length;
      if (Date.now() - reportedAt < reportEveryMs) continue;
      reportedAt = Date.now();
      onProgress(`${megabytes(bytes)}${whole > 0 ? ` of ${megabytes(whole)}` : ''} MB fetched`);
    }
    return Buffer.concat(chunks);
  } finally {
    clearTimeout(timer);
  }
};

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
};

/** Fetches the archive of a module's version from the first proxy that has it (platform: Go module proxy protocol). */
export const fetchModule = async (
  module: string,
  version: string,
  onProgress: (text: string) => void,
): Promise<Buffer> => {
  const failures: string[] = [];
  for (const proxy of proxies()) {
    try {
      return await download(new URL(`${module}/@v/${version}.zip`, proxy), onProgress);
    } catch (error) {
      failures.push(`${proxy.host}: ${reasonOf(error)}`);
    }
  }
  throw new Error(failures.length > 0 ? failures.join('; ') : 'GOPROXY names no module proxy');
};
