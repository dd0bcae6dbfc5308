/** The view of calls, as a person uses it. */
import type { Locator } from 'playwright-core';
import type { ExampleMethod } from '../../src/cli/example-contract.js';
import type { OpenPage } from './playground.js';

interface CallOptions {
  /** JSON; the sample by default. */
  readonly params?: string;
  readonly timeout?: string;
}

/** Shows the view, and waits until its client is connected. */
export async function rpcConsole(opened: OpenPage): Promise<RpcConsole> {
  await opened.show('rpc');
  await opened.stateIs(opened.texts.rpc.states.open);
  return new RpcConsole(opened);
}

/** The parts of the view. */
export class RpcConsole {
  readonly opened: OpenPage;

  constructor(opened: OpenPage) {
    this.opened = opened;
  }

  /** Fills the form in. */
  async prepare(method: ExampleMethod, { params, timeout }: CallOptions = {}): Promise<void> {
    const { page, texts } = this.opened;
    await page.getByRole('combobox', { name: texts.rpc.method, exact: true }).selectOption(method);
    if (params !== undefined) await page.getByLabel(texts.rpc.params, { exact: true }).fill(params);
    if (timeout !== undefined) await page.getByLabel(texts.rpc.timeout, { exact: true }).fill(timeout);
  }

  /** Calls a method; gives its line in the list, which is the newest one. */
  async call(method: ExampleMethod, options?: CallOptions): Promise<Locator> {
    await this.prepare(method, options);
    const before = await this.opened.page.locator('.call').count();
    await this.opened.button(this.opened.texts.rpc.button).click();
    // By its number, so that it is still this one when others come.
    return this.numbered(before + 1);
  }

  /** The line of a call, by its number. */
  numbered(number: number): Locator {
    const { page } = this.opened;
    return page.locator('.call', { has: page.getByText(`#${number}`, { exact: true }) });
  }

  /** Waits until a call is in a state. */
  async ends(call: Locator, state: string): Promise<void> {
    await call.and(this.opened.page.locator(`[data-state=${state}]`)).waitFor();
  }

  /** Cuts the connection and waits until the client has noticed. */
  async cut(): Promise<void> {
    const { states, cut } = this.opened.texts.rpc;
    await this.opened.button(cut).click();
    await this.opened.stateIs(states.waiting);
  }

  /** Ends the client's wait for its next attempt. */
  async reconnect(): Promise<void> {
    const { states, reconnect } = this.opened.texts.rpc;
    await this.opened.button(reconnect).click();
    await this.opened.stateIs(states.open);
  }
}
