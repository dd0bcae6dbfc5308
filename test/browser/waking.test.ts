import { afterEach, describe, expect, it, vi } from 'vitest';
import { listenForWaking } from '../../src/browser/waking.js';

afterEach(() => vi.unstubAllGlobals());

/** A page with a window and a document. */
function page() {
  const view = new EventTarget();
  const document = Object.assign(new EventTarget(), { hidden: false });
  vi.stubGlobal('addEventListener', view.addEventListener.bind(view));
  vi.stubGlobal('removeEventListener', view.removeEventListener.bind(view));
  vi.stubGlobal('document', document);
  return { view, document };
}

describe('listenForWaking', () => {
  it('tells of a page that is seen again, and of a network that is back', () => {
    const { view, document } = page();
    const woken: boolean[] = [];
    const stop = listenForWaking((isOnline) => woken.push(isOnline));
    view.dispatchEvent(new Event('online'));
    view.dispatchEvent(new Event('pageshow'));
    document.dispatchEvent(new Event('resume'));
    document.dispatchEvent(new Event('visibilitychange'));
    expect(woken).toEqual([true, false, false, false]);
    document.hidden = true;
    document.dispatchEvent(new Event('visibilitychange'));
    view.dispatchEvent(new Event('offline'));
    expect(woken).toHaveLength(4);
    stop();
    view.dispatchEvent(new Event('online'));
    document.dispatchEvent(new Event('resume'));
    expect(woken).toHaveLength(4);
  });

  it('does nothing where there is no page', () => {
    vi.stubGlobal('addEventListener', undefined);
    const stop = listenForWaking(() => expect.unreachable());
    expect(stop).not.toThrow();
  });
});
