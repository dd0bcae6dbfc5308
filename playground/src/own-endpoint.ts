/** The endpoints of the server that this page came from. */

/** The plain echo endpoint, or the one that agrees to permessage-deflate. */
export function ownEndpoint(compressed: boolean): string {
  return addressOf(compressed ? '/compressed' : '/');
}

/** The example API. */
export function rpcEndpoint(): string {
  return addressOf('/rpc');
}

/** A way by which the events of a comparison come, or its side channel. */
export function compareEndpoint(name: 'run' | 'short' | 'events' | 'socket', run: string): string {
  return addressOf(`/compare/${name}?run=${run}`);
}

function addressOf(path: string): string {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  return `${scheme}://${location.host}${path}`;
}

/** An address as it was typed, in full: without a scheme it is `ws:`, and `http:` stands for it. */
export function webSocketAddress(typed: string): string {
  const address = typed.trim();
  if (/^https?:/i.test(address)) return address.replace(/^http/i, 'ws');
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? address : `ws://${address}`;
}

/** `address` with the id by which this page's server knows whom to show its frames; others get nothing added. */
export function withInspection(address: string, id: string | undefined): string {
  if (id === undefined || !URL.canParse(address, location.href)) return address;
  const url = new URL(address, location.href);
  const isOwn = url.host === location.host && ['/', '/compressed', '/rpc'].includes(url.pathname);
  if (!isOwn) return address;
  url.searchParams.set('id', id);
  return url.href;
}
