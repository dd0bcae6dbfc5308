/**
 * Folders outside the repository in which the packed hawser is installed as `ws`, and programs that run there. What
 * a program prints is its result; one that fails throws with all its output. Every program is bounded in time.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** What the tests need from npm beside the dev dependencies: the original among others. */
export const peers = `${root}test/peers/node_modules/`;

const execute = promisify(execFile);

/** Longer than any of the programs takes on a busy machine. */
const DEADLINE = 150_000;

/** A folder with a package.json and what was put into it. */
export class ProjectFolder {
  readonly path: string;

  constructor(manifest: object = {}) {
    this.path = mkdtempSync(join(tmpdir(), 'hawser-drop-in-'));
    this.write('package.json', JSON.stringify({ name: 'application', private: true, ...manifest }));
  }

  /** The path of a file in this folder. */
  file(name: string): string {
    return join(this.path, name);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.file(name)), { recursive: true });
    writeFileSync(this.file(name), text);
  }

  /** Lets the folder find a package where it is. */
  link(name: string, target: string): void {
    const link = this.file(`node_modules/${name}`);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(target, link);
  }

  /** Unpacks a packed package as `node_modules/<name>`. */
  async unpack(name: string, tarball: string): Promise<void> {
    const target = this.file(`node_modules/${name}`);
    mkdirSync(target, { recursive: true });
    await this.run('tar', ['--extract', '--file', tarball, '--directory', target, '--strip-components', '1']);
  }

  /** Runs a program in this folder; resolves with all that it printed. */
  async run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
    try {
      const { stdout, stderr } = await execute(program, args, {
        cwd: this.path,
        env: { ...process.env, NODE_OPTIONS: '', ...env },
        timeout: DEADLINE,
      });
      return (stdout + stderr).trim();
    } catch (error) {
      const { message, stdout, stderr } = error as Error & { stdout?: string; stderr?: string };
      throw new Error(`${message}\n${stdout ?? ''}${stderr ?? ''}`, { cause: error });
    }
  }

  /** Runs code by Node.js in this folder. */
  node(code: string, type: 'module' | 'commonjs', ...flags: string[]): Promise<string> {
    return this.run(process.execPath, [...flags, `--input-type=${type}`, '--eval', code]);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Packs hawser as it is built into the folder; resolves with the path of the file. */
export async function packInto(folder: ProjectFolder): Promise<string> {
  const args = ['pack', root, '--json', '--ignore-scripts', '--loglevel', 'silent'];
  const [packed] = JSON.parse(await folder.run('npm', args));
  return folder.file(packed.filename);
}

/** A folder in which hawser is `ws` and Node's types are found. There is no `@types/ws`. */
export async function folderWithWs(manifest: object = {}): Promise<ProjectFolder> {
  const folder = new ProjectFolder(manifest);
  await folder.unpack('ws', await packInto(folder));
  linkNodeTypes(folder);
  return folder;
}

/** The types of Node.js, and what they need. */
export function linkNodeTypes(folder: ProjectFolder): void {
  for (const name of ['@types/node', 'undici-types']) folder.link(name, peers + name);
}

/** Program text that sends a message through a server and prints what comes back. */
export const echoText = `
const server = new WebSocketServer({ port: 0, host: '127.0.0.1' }, () => {
  const client = new WebSocket('ws://127.0.0.1:' + server.address().port);
  client.on('open', () => client.send('hello'));
  client.on('message', (data, isBinary) => {
    console.log('echo', String(data), isBinary);
    client.close();
    server.close();
  });
});
server.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});
`;
