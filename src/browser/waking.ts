/** The events by which a page learns that it was away, or that its network has changed. */
const events = ['visibilitychange', 'pageshow', 'resume', 'online'] as const;

/**
 * Listens for them, where there are any.
 * @param woken gets whether the network came back
 * @returns a function that ends that
 */
export function listenForWaking(woken: (isOnline: boolean) => void): () => void {
  const targets = [globalThis, (globalThis as { document?: EventTarget }).document].filter(
    (target): target is EventTarget & typeof globalThis => typeof target?.addEventListener === 'function',
  );
  const listener = ({ type }: Event): void => {
    if (type === 'visibilitychange' && isHidden()) return;
    woken(type === 'online');
  };
  for (const target of targets) {
    for (const event of events) target.addEventListener(event, listener);
  }
  return () => {
    for (const target of targets) {
      for (const event of events) target.removeEventListener(event, listener);
    }
  };
}

function isHidden(): boolean {
  return (globalThis as { document?: { hidden: boolean } }).document?.hidden === true;
}
