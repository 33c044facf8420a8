import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeStubDolt } from './stub-dolt.ts';

/** What the server does otherwise than GitHub would. Bodies are sent by the functions themselves. */
export interface ReleaseFaults {
  /** Answers the lookup of the release. */
  lookup?: (response: ServerResponse) => void;
  /** Answers the download. */
  download?: (response: ServerResponse, archive: Buffer) => void;
  /** The checksum that is published; null publishes none. */
  digest?: string | null;
  /** What is in the archive; default is a program that says `version`. */
  archive?: Buffer;
  /** Names of the files that the release has; default is the one for this platform. */
  assets?: readonly string[];
}

export interface ReleaseServer {
  /** Takes the place of GitHub's API. */
  readonly url: string;
  /** Paths that were asked for. */
  readonly requests: string[];
  stop(): Promise<void>;
}

const ARCHITECTURES: Record<string, string> = { x64: 'amd64', arm64: 'arm64' };
const platformName = `dolt-${process.platform}-${ARCHITECTURES[process.arch] ?? process.arch}`;

/** Serves one release of Dolt on this machine, in the form of GitHub's API. */
export async function startReleaseServer(version: string, faults: ReleaseFaults = {}): Promise<ReleaseServer> {
  const archive = faults.archive ?? packArchive(version);
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    if (request.url === '/file') {
      if (faults.download) return faults.download(response, archive);
      return response.end(archive);
    }
    if (request.url !== `/releases/tags/v${version}`) return response.writeHead(404).end('{"message":"Not Found"}');
    if (faults.lookup) return faults.lookup(response);
    const digest = faults.digest === undefined ? `sha256:${sha256(archive)}` : faults.digest;
    const assets = (faults.assets ?? [`${platformName}.tar.gz`]).map((name) => ({
      ...{ name, digest, size: archive.length, browser_download_url: `${url}/file` },
    }));
    return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ assets }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    requests,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** An archive laid out as the official ones are. */
export function packArchive(version: string, member = `${platformName}/bin/dolt`): Buffer {
  const directory = mkdtempSync(join(tmpdir(), 'gt-archive-'));
  try {
    writeStubDolt(join(directory, member), version);
    execFileSync('tar', ['-czf', join(directory, 'dolt.tar.gz'), '-C', directory, member.split('/')[0] ?? '']);
    return readFileSync(join(directory, 'dolt.tar.gz'));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
