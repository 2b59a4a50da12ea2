import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deflateRawSync } from 'node:zlib';

const header = (size: number, fields: [at: number, bytes: 2 | 4, value: number][]): Buffer => {
  const buffer = Buffer.alloc(size);
  for (const [at, bytes, value] of fields) buffer.writeUIntLE(value, at, bytes);
  return buffer;
};

/** Packs files as a zip archive, without checksums: nobody here reads them. */
export const zipOf = (files: Record<string, string>): Buffer => {
  const contents: Buffer[] = [];
  const list: Buffer[] = [];
  let at = 0;
  for (const [name, text] of Object.entries(files)) {
    const packed = deflateRawSync(text);
    const local = [
      header(30, [
        [0, 4, 0x04034b50],
        [8, 2, 8],
        [26, 2, name.length],
      ]),
      Buffer.from(name),
      packed,
    ];
    const entry = header(46, [
      [0, 4, 0x02014b50],
      [10, 2, 8],
      [20, 4, packed.length],
      [28, 2, name.length],
      [42, 4, at],
    ]);
    list.push(entry, Buffer.from(name));
    contents.push(...local);
    at += 30 + name.length + packed.length;
  }
  const count = Object.keys(files).length;
  const end = header(22, [
    [0, 4, 0x06054b50],
    [8, 2, count],
    [10, 2, count],
    [12, 4, Buffer.concat(list).length],
    [16, 4, at],
  ]);
  return Buffer.concat([...contents, ...list, end]);
};

export interface ModuleProxy {
  url: string;
  asked: string[];
  close: () => void;
}

/** Serves archives by path as a Go module proxy does. */
export const serveModules = async (archives: Record<string, Buffer>): Promise<ModuleProxy> => {
  const asked: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    asked.push(url);
    const archive = archives[url];
    response.writeHead(archive ? 200 : 404).end(archive);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, asked, close: () => server.close() };
};
