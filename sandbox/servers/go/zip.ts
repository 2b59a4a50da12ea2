import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';

const inflate = promisify(inflateRaw);

const signatures = { end: 0x06054b50, entry: 0x02014b50 };
const lengths = { end: 22, entry: 46, local: 30 };
const methods = { stored: 0, deflated: 8 };

export interface ZipEntry {
  name: string;
  content: () => Promise<Buffer>;
}

/** Finds the end record, which a comment of up to 64 KB may follow. */
const endRecord = (zip: Buffer): number => {
  for (let at = zip.length - lengths.end; at >= Math.max(0, zip.length - lengths.end - 0xffff); at -= 1)
    if (zip.readUInt32LE(at) === signatures.end) return at;
  throw new Error('it is no zip archive');
};

const contentOf = async (zip: Buffer, at: number): Promise<Buffer> => {
  const [method, size, local] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20), zip.readUInt32LE(at + 42)];
  const start = local + lengths.local + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
  const packed = zip.subarray(start, start + size);
  if (method === methods.stored) return packed;
  if (method === methods.deflated) return inflate(packed);
  throw new Error(`the archive packs by method ${method}`);
};

/** Reads the list of a zip archive without encryption and below 4 GB (platform: APPNOTE.TXT, 4.3). */
export const zipEntries = (zip: Buffer): ZipEntry[] => {
  const end = endRecord(zip);
  const entries: ZipEntry[] = [];
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (zip.readUInt32LE(at) !== signatures.entry) throw new Error('the list of the zip archive is damaged');
    const start = at;
    const nameEnd = at + lengths.entry + zip.readUInt16LE(at + 28);
    const name = zip.toString('utf8', at + lengths.entry, nameEnd);
    entries.push({ name, content: () => contentOf(zip, start) });
    at = nameEnd + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return entries;
};
