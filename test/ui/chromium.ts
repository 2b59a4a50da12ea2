import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const usualPlaces = ['/usr/bin/chromium', 'chromium', 'chromium-browser', 'google-chrome'];
const flags = ['--disable-gpu', '--disable-quic', '--disable-sync'];

/** How to get a browser, for whoever has none. */
export const noChromium =
  'no Chromium found: install one (apt-get install chromium; any Chromium or Chrome in ' +
  'PATH will do) or set SLIPWAY_CHROMIUM to its program';

/**
 * The program of the Chromium of this machine; undefined where there is none. What `SLIPWAY_CHROMIUM` names is taken
 * as it is.
 */
export function findChromium(): string | undefined {
  return process.env['SLIPWAY_CHROMIUM'] || usualPlaces.flatMap(candidates).find(isProgram);
}

/**
 * A headless browser. It shows local pages only, and needs no sandbox of its own, which containers often do not
 * allow.
 */
export async function openChromium(executablePath: string, further: string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath, args: [...flags, ...further] });
}

function candidates(place: string): string[] {
  if (place.startsWith('/')) return [place];
  return (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, place));
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
