import { describe, expect, it, vi } from 'vitest';
import { EventHandlers } from '../../src/web/event-handlers.js';
import { CloseEvent, type CloseEventInit, fireEvent, MessageEvent } from '../../src/web/events.js';

describe('CloseEvent', () => {
  it('has the defaults of the standard', () => {
    const event = new CloseEvent('close');
    expect(event).toBeInstanceOf(Event);
    expect([event.type, event.wasClean, event.code, event.reason]).toEqual(['close', false, 0, '']);
    expect([event.bubbles, event.cancelable]).toEqual([false, false]);
  });

  it('converts what it is given', () => {
    const given = { wasClean: 1, code: 65_539.9, reason: 'a\ud800', cancelable: true };
    const event = new CloseEvent('end', given as unknown as CloseEventInit);
    expect([event.wasClean, event.code, event.reason]).toEqual([true, 3, 'a\ufffd']);
    expect([event.type, event.cancelable]).toEqual(['end', true]);
  });

  it('takes for a dictionary what Web IDL does', () => {
    const Loose = CloseEvent as unknown as new (type: unknown, init: unknown) => CloseEvent;
    for (const none of [null, undefined, {}, () => 0]) {
      expect([new Loose('x', none).code, new Loose('x', none).bubbles]).toEqual([0, false]);
    }
    expect(() => new Loose('x', 5)).toThrow(TypeError);
    expect(() => new Loose(Symbol('x'), {})).toThrow(TypeError);
    expect(new Loose('x', { bubbles: 1, cancelable: 'yes' })).toMatchObject({
      bubbles: true,
      cancelable: true,
    });
  });

  it('is shaped as Web IDL says', () => {
    expect(String(new CloseEvent('close'))).toBe('[object CloseEvent]');
    expect([CloseEvent.name, (CloseEvent as unknown as { length: number }).length]).toEqual([
      'CloseEvent',
      1,
    ]);
    expect(() => new (CloseEvent as unknown as new () => CloseEvent)()).toThrow(TypeError);
    const { get, enumerable } = Object.getOwnPropertyDescriptor(CloseEvent.prototype, 'code') ?? {};
    expect(enumerable).toBe(true);
    expect(() => get?.call(new Event('close'))).toThrow(TypeError);
  });
});

describe('MessageEvent', () => {
  it("is the platform's own", () => {
    expect(MessageEvent).toBe(globalThis.MessageEvent);
    const { data, origin, lastEventId, source, ports } = new MessageEvent('message', {
      data: 1,
      origin: 'ws://a',
    });
    expect({ data, origin, lastEventId, source, ports }).toEqual({
      data: 1,
      origin: 'ws://a',
      lastEventId: '',
      source: null,
      ports: [],
    });
  });
});

describe('fireEvent', () => {
  it('fires events that are trusted', () => {
    const target = new EventTarget();
    const trusted: boolean[] = [];
    target.addEventListener('open', (event) => trusted.push(event.isTrusted));
    fireEvent(target, new Event('open'));
    target.dispatchEvent(new Event('open'));
    expect(trusted).toEqual([true, false]);
  });
});

describe('EventHandlers', () => {
  const make = (): { target: EventTarget; handlers: EventHandlers } => {
    const target = new EventTarget();
    return { target, handlers: new EventHandlers(target) };
  };

  it('calls the handler with the target as this', () => {
    const { target, handlers } = make();
    const handler = vi.fn(function (this: unknown) {
      expect(this).toBe(target);
    });
    handlers.set('open', handler);
    const event = new Event('open');
    target.dispatchEvent(event);
    expect(handler.mock.calls).toEqual([[event]]);
    expect(handlers.get('open')).toBe(handler);
  });

  it('a handler keeps its place when it is replaced, and takes a new one after null', () => {
    const { target, handlers } = make();
    const order: string[] = [];
    handlers.set('open', () => order.push('first'));
    target.addEventListener('open', () => order.push('listener'));
    handlers.set('open', () => order.push('second'));
    target.dispatchEvent(new Event('open'));
    handlers.set('open', null);
    handlers.set('open', () => order.push('third'));
    target.dispatchEvent(new Event('open'));
    expect(order).toEqual(['second', 'listener', 'listener', 'third']);
  });

  it.each([undefined, 1, 'text', true])('%s is null', (value) => {
    const { target, handlers } = make();
    const handler = vi.fn();
    handlers.set('open', handler);
    handlers.set('open', value);
    target.dispatchEvent(new Event('open'));
    expect(handlers.get('open')).toBe(null);
    expect(handler).not.toHaveBeenCalled();
  });

  it('keeps an object and does not call its handleEvent', () => {
    const { target, handlers } = make();
    const object = { handleEvent: vi.fn() };
    handlers.set('open', object);
    target.dispatchEvent(new Event('open'));
    expect(handlers.get('open')).toBe(object);
    expect(object.handleEvent).not.toHaveBeenCalled();
  });

  it('false cancels an event that can be cancelled', () => {
    const { target, handlers } = make();
    handlers.set('open', () => false);
    expect(target.dispatchEvent(new Event('open', { cancelable: true }))).toBe(false);
    expect(target.dispatchEvent(new Event('open'))).toBe(true);
    handlers.set('open', () => 0);
    expect(target.dispatchEvent(new Event('open', { cancelable: true }))).toBe(true);
  });
});
