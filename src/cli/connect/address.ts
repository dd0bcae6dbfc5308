/** Addresses as people type them. */
import { CommandError } from '../command-error.js';

const schemes = new Set(['ws:', 'wss:', 'http:', 'https:', 'ws+unix:', 'wss+unix:']);

/** The address in full: without a scheme it is `ws:`. @throws CommandError for what is no address */
export function addressOf(text: string): string {
  const address =
    /^[a-z][a-z0-9+.-]*:\/\//i.test(text) || text.startsWith('ws+unix:') ? text : `ws://${text}`;
  if (!URL.canParse(address))
    throw new CommandError(2, `"${text}" is not an address, such as ws://localhost:8888.`);
  const { protocol, hash } = new URL(address);
  if (!schemes.has(protocol)) {
    throw new CommandError(2, `"${protocol}" is not a scheme of WebSockets; use ws:, wss:, http: or https:.`);
  }
  if (hash !== '') throw new CommandError(2, 'The address of a WebSocket has no fragment ("#…").');
  return address;
}
