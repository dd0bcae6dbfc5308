/** The Chromium of the tests, which stays quiet: it asks nobody outside for updates or anything else. */
import { type Browser, chromium } from 'playwright-core';

const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const args = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-gpu',
  '--disable-quic',
];

/** Chromium with these arguments more, to be closed by the caller. */
export function launchChromium(...more: string[]): Promise<Browser> {
  return chromium.launch({ executablePath, args: [...args, ...more], headless: true });
}
