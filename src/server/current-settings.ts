import {
  type ConnectionSettings,
  type ConnectionSettingsInput,
  connectionSettings,
  type Traffic,
} from '../node/connection-settings.js';
import { checkOptionValues, connectionChecks } from '../node/option-checks.js';

/** The options that settings are made of. */
const names = [
  'maxPayload',
  'maxFragments',
  'skipUTF8Validation',
  'autoPong',
  'closeTimeout',
  'highWaterMark',
  'maxBufferedAmount',
  'slowConsumer',
  'allowSynchronousEvents',
  'clock',
] as const satisfies readonly (keyof ConnectionSettingsInput)[];

/**
 * The settings that the connections of one server share. As with `ws`, options may be assigned while the server
 * runs: connections that are opened later follow them.
 */
export class CurrentSettings {
  private readonly traffic: Traffic;
  private values: readonly unknown[] = [];
  private settings: ConnectionSettings | null = null;

  constructor(traffic: Traffic) {
    this.traffic = traffic;
  }

  /**
   * What the options say now.
   * @throws UsageError `WS_ERR_INVALID_OPTIONS` for a value of a wrong type or out of range
   */
  of(options: ConnectionSettingsInput): ConnectionSettings {
    if (this.settings !== null && this.isUnchanged(options)) return this.settings;
    checkOptionValues(options, connectionChecks);
    this.values = names.map((name) => options[name]);
    // `null` stands for the default, too.
    const given = names.filter((name) => options[name] !== null).map((name) => [name, options[name]]);
    this.settings = {
      ...connectionSettings('server', Object.fromEntries(given)),
      traffic: this.traffic,
    };
    return this.settings;
  }

  private isUnchanged(options: ConnectionSettingsInput): boolean {
    for (let index = 0; index < names.length; index++) {
      if (options[names[index]] !== this.values[index]) return false;
    }
    return true;
  }
}
