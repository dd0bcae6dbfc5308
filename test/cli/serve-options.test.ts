import { describe, expect, it } from 'vitest';
import { CommandError } from '../../src/cli/command-error.js';
import { parseServeOptions } from '../../src/cli/serve-options.js';

function mistake(args: string[], env = {}): CommandError {
  try {
    parseServeOptions(args, env);
  } catch (error) {
    if (error instanceof CommandError) return error;
  }
  throw new Error('no CommandError was thrown');
}

describe('parseServeOptions', () => {
  it('serves on localhost:8888 by default', () => {
    expect(parseServeOptions([], {})).toEqual({ port: 8888, host: 'localhost' });
  });

  it('takes --port and --host, also in their short forms', () => {
    expect(parseServeOptions(['--port', '9000', '--host', '::'], {})).toEqual({ port: 9000, host: '::' });
    expect(parseServeOptions(['-p', '0', '-H', '127.0.0.1'], {})).toEqual({ port: 0, host: '127.0.0.1' });
  });

  it('takes PORT from the environment, but --port wins', () => {
    expect(parseServeOptions([], { PORT: '9001' })).toMatchObject({ port: 9001 });
    expect(parseServeOptions(['--port=9000'], { PORT: '9001' })).toMatchObject({ port: 9000 });
    expect(parseServeOptions([], { PORT: '' })).toMatchObject({ port: 8888 });
  });

  it('asks for the usage with --help', () => {
    expect(parseServeOptions(['--help'], {})).toBe('help');
    expect(parseServeOptions(['-h'], {})).toBe('help');
  });

  it.each(['', 'http', '-1', '1.5', '65536', '1e3', '0x50', ' 80'])('refuses the port %j', (port) => {
    const error = mistake([`--port=${port}`]);
    expect(error.exitCode).toBe(2);
    expect(error.message).toContain(`"${port}" in --port is not a port`);
  });

  it('names the PORT variable when its value is wrong', () => {
    expect(mistake([], { PORT: 'tcp' }).message).toContain('"tcp" in the PORT variable');
  });

  it('refuses unknown options, positionals and an empty host, and shows the usage', () => {
    expect(mistake(['--prot', '80']).message).toContain("'--prot'");
    expect(mistake(['8080']).message).toContain('8080');
    for (const error of [mistake(['--prot']), mistake(['8080']), mistake(['--host='])]) {
      expect(error.exitCode).toBe(2);
      expect(error.usage).toContain('Usage: hawser serve');
    }
  });
});
