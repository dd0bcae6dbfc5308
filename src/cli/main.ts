#!/usr/bin/env node
/**
 * The command line: picks the command and turns mistakes into a clear line and an exit code (2 for wrong
 * arguments, 1 for everything else). Stands on the public subpaths only.
 */
import { readFileSync } from 'node:fs';
import { CommandError } from './command-error.js';
import { connectCommand } from './connect/connect-command.js';
import { serveCommand } from './serve-command.js';

const usage = `hawser: WebSockets for Node.js

Usage: hawser <command> [options]

Commands:
  serve      Serve the playground page and an echo endpoint
  connect    Talk to a WebSocket server from the terminal or in a pipe

Options:
  --help     Show this text, or a command's own after the command
  --version  Show the version
`;

const commands = new Map([
  ['serve', serveCommand],
  ['connect', connectCommand],
]);

async function main([name, ...rest]: string[]): Promise<void> {
  if (name === '--version') return print(version());
  if (name === '--help' || name === 'help') return print(usage);
  if (name === undefined) throw new CommandError(2, 'No command was given.', usage);
  const command = commands.get(name);
  if (command === undefined) throw new CommandError(2, `There is no command "${name}".`, usage);
  await command(rest);
}

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return `${(JSON.parse(manifest) as { version: string }).version}\n`;
}

function print(text: string): void {
  process.stdout.write(text);
}

function report(error: unknown): void {
  if (!(error instanceof CommandError)) throw error;
  process.stderr.write(`hawser: ${error.message}\n`);
  if (error.usage !== undefined) process.stderr.write(`\n${error.usage}`);
  process.exitCode = error.exitCode;
}

await main(process.argv.slice(2)).catch(report);
