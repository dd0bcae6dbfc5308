/**
 * A package registry on this machine with a few packages of one version each, so that npm resolves aliases and
 * overrides as it always does, but without the network.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Manifest {
  readonly name: string;
  readonly version: string;
}

/** A running registry. */
export class Registry {
  /** The names that were asked for, in order. */
  readonly asked: string[] = [];
  private readonly server: Server;
  private readonly tarballs = new Map<string, { manifest: Manifest; bytes: Buffer }>();

  constructor() {
    this.server = createServer((request, response) => {
      const [, name = '', file] = (request.url ?? '').split('/');
      const found = this.tarballs.get(name);
      if (file === undefined) this.asked.push(name);
      if (found === undefined) response.writeHead(404, { 'content-type': 'application/json' }).end('{}');
      else response.end(file === undefined ? JSON.stringify(this.document(found)) : found.bytes);
    });
  }

  /** Where npm finds it. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  /** Adds a packed package. */
  add(manifest: Manifest, tarball: string): void {
    this.tarballs.set(manifest.name, { manifest, bytes: readFileSync(tarball) });
  }

  async start(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  /** What a registry says of a package. */
  private document({ manifest, bytes }: { manifest: Manifest; bytes: Buffer }): object {
    const { name, version } = manifest;
    const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
    const dist = { tarball: `${this.url}${name}/${version}.tgz`, integrity };
    return { name, 'dist-tags': { latest: version }, versions: { [version]: { ...manifest, dist } } };
  }
}
