/**
 * Typed access to the elements of the page. Knows nothing of what they are for.
 */

/** The element with this id; throws if the page has none of this class, since that is a mistake of ours. */
export function element<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new TypeError(`The page has no ${type.name} #${id}`);
  return found;
}

/** How a status message is meant; errors are coloured, and the text says it as well. */
export type Tone = 'info' | 'good' | 'error';

/** A live region (`role=status`) that shows one message at a time. */
export function statusLine(id: string): (message: string, tone?: Tone) => void {
  const line = element(id, HTMLParagraphElement);
  return (message, tone = 'info') => {
    line.textContent = message;
    line.dataset.tone = tone;
  };
}
