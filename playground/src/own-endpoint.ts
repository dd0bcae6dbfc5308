/** The echo endpoints of the server that this page came from. */

/** The plain endpoint, or the one that agrees to permessage-deflate. */
export function ownEndpoint(compressed: boolean): string {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  return `${scheme}://${location.host}${compressed ? '/compressed' : '/'}`;
}

/** `address` with the id by which this page's server knows whom to show its frames; others get nothing added. */
export function withInspection(address: string, id: string | undefined): string {
  if (id === undefined || !URL.canParse(address, location.href)) return address;
  const url = new URL(address, location.href);
  const isOwn = url.host === location.host && ['/', '/compressed'].includes(url.pathname);
  if (!isOwn) return address;
  url.searchParams.set('id', id);
  return url.href;
}
