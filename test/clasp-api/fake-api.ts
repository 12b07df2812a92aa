/**
 * The Apps Script API on 127.0.0.1, in memory, as far as clasp needs it to push, to make versions and to pull. It refuses
 * what Google refuses: a wrong token, a missing manifest, two files of one name, code that cannot be parsed.
 *
 * Reference: https://developers.google.com/apps-script/api/reference/rest/v1/projects
 */
import {createServer, type IncomingMessage} from 'node:http';
import type {AddressInfo} from 'node:net';
import {text} from 'node:stream/consumers';
import {Script} from 'node:vm';

export const TOKEN = 'fake-token';

export interface ApiFile {
  readonly name: string;
  readonly type: 'SERVER_JS' | 'HTML' | 'JSON';
  readonly source: string;
}

export interface ApiVersion {
  readonly versionNumber: number;
  readonly description: string;
  readonly files: readonly ApiFile[];
}

export interface FakeApi {
  readonly url: string;
  /** What the project holds now. */
  files(): readonly ApiFile[];
  versions(): readonly ApiVersion[];
  /** Requests so far, such as `PUT /v1/projects/ID/content`. */
  requests(): readonly string[];
  close(): Promise<void>;
}

interface Reply {
  readonly code: number;
  readonly body: unknown;
}

/** Starts the API with one project, which has the manifest of a new one. */
export async function startFakeApi(scriptId: string): Promise<FakeApi> {
  const project = new Project(scriptId);
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method ?? ''} ${pathOf(request)}`);
    void replyTo(project, request).then(({code, body}) => {
      response.writeHead(code, {'content-type': 'application/json'});
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    files: () => project.files,
    versions: () => project.versions,
    requests: () => requests,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

async function replyTo(project: Project, request: IncomingMessage): Promise<Reply> {
  const sent = await text(request);
  if (request.headers.authorization !== `Bearer ${TOKEN}`) return refusal(401, 'UNAUTHENTICATED', 'Wrong token.');
  const start = `/v1/projects/${project.id}`;
  const body = (sent === '' ? {} : JSON.parse(sent)) as Record<string, unknown>;
  switch (`${request.method ?? ''} ${pathOf(request).replace(start, '')}`) {
    case 'GET /content':
      return ok({scriptId: project.id, files: project.files});
    case 'PUT /content':
      return project.update((body['files'] ?? []) as readonly ApiFile[]);
    case 'GET /versions':
      return ok({versions: project.versions.map((version) => project.described(version))});
    case 'POST /versions':
      return ok(project.described(project.makeVersion(String(body['description'] ?? ''))));
    default:
      return refusal(404, 'NOT_FOUND', 'Requested entity was not found.');
  }
}

class Project {
  readonly id: string;
  readonly versions: ApiVersion[] = [];
  files: readonly ApiFile[] = [{name: 'appsscript', type: 'JSON', source: '{"timeZone": "Etc/UTC"}'}];

  constructor(id: string) {
    this.id = id;
  }

  update(files: readonly ApiFile[]): Reply {
    const problem = problemOf(files);
    if (problem !== null) return refusal(400, 'INVALID_ARGUMENT', problem);
    this.files = files;
    return ok({scriptId: this.id, files});
  }

  makeVersion(description: string): ApiVersion {
    const version = {versionNumber: this.versions.length + 1, description, files: this.files};
    this.versions.push(version);
    return version;
  }

  /** The API tells of a version everything but its files. */
  described({versionNumber, description}: ApiVersion): unknown {
    return {scriptId: this.id, versionNumber, description, createTime: '2026-01-01T00:00:00Z'};
  }
}

function problemOf(files: readonly ApiFile[]): string | null {
  const names = files.map(({name}) => name);
  const doubled = names.find((name, index) => names.indexOf(name) !== index);
  if (doubled !== undefined) return `A file with this name already exists in the current project: ${doubled}`;
  const foreign = files.find(({name, type}) => (type === 'JSON') !== (name === 'appsscript'));
  if (foreign !== undefined) return `Invalid JSON file: ${foreign.name}`;
  if (!names.includes('appsscript')) return 'The project must contain a manifest.';
  return files.map(syntaxProblem).find((problem) => problem !== null) ?? null;
}

function syntaxProblem({name, type, source}: ApiFile): string | null {
  try {
    if (type === 'JSON') JSON.parse(source);
    if (type === 'SERVER_JS') new Script(source, {filename: name});
    return null;
  } catch (thrown) {
    return `Syntax error: ${String(thrown)} file: ${name}.gs`;
  }
}

function pathOf(request: IncomingMessage): string {
  return new URL(request.url ?? '/', 'http://127.0.0.1').pathname;
}

function ok(body: unknown): Reply {
  return {code: 200, body};
}

function refusal(code: number, status: string, message: string): Reply {
  return {code, body: {error: {code, message, status, errors: [{message, domain: 'global', reason: status}]}}};
}
