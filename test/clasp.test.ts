// The unmodified clasp, from the folder that users have to an API on this machine (test/clasp-api).
import {execFile} from 'node:child_process';
import {cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {promisify} from 'node:util';
import {startFakeApi, TOKEN, type FakeApi} from './clasp-api/fake-api';

const CLASP = resolve('node_modules/@google/clasp/build/src/index.js');
const SCRIPT_ID = 'scriptOfTheTest';
const TIMEOUT_MS = 60_000;

const run = promisify(execFile);
const isInstalled = existsSync(CLASP);
if (!isInstalled) console.warn('clasp is not installed, so its tests are skipped.');

/** A login that lasts until 2100, so that clasp does not ask Google for a new one. */
const LOGIN = {
  tokens: {
    default: {
      type: 'authorized_user',
      ...{client_id: 'fake', client_secret: 'fake', refresh_token: 'fake'},
      access_token: TOKEN,
      expiry_date: Date.UTC(2100, 0),
    },
  },
};

(isInstalled ? describe : describe.skip)('clasp', () => {
  let folder: string;
  let api: FakeApi;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ast-jobs-clasp-'));
    // A .tmp file is a build's that runs at the same time.
    cpSync('dist', join(folder, 'dist'), {recursive: true, filter: (path) => !path.endsWith('.tmp')});
    const settings = JSON.parse(readFileSync('.clasp.json', 'utf8')) as Record<string, unknown>;
    writeFileSync(join(folder, '.clasp.json'), JSON.stringify({...settings, scriptId: SCRIPT_ID}));
    writeFileSync(join(folder, '.clasprc.json'), JSON.stringify(LOGIN));
    api = await startFakeApi(SCRIPT_ID);
  });

  afterAll(async () => {
    await api.close();
    rmSync(folder, {recursive: true});
  });

  async function clasp(...args: readonly string[]): Promise<string> {
    const preload = resolve('test/clasp-api/to-fake.mjs');
    const options = {cwd: folder, timeout: TIMEOUT_MS, env: {HOME: folder, AST_FAKE_API: api.url}};
    const call = ['--import', preload, CLASP, '--auth', '.clasprc.json', ...args];
    return (await run(process.execPath, call, options)).stdout;
  }

  test(
    'only Code.js and the manifest are to be pushed',
    async () => {
      const {filesToPush} = JSON.parse(await clasp('show-file-status', '--json')) as {filesToPush: string[]};
      expect(filesToPush.sort()).toEqual(['dist/Code.js', 'dist/appsscript.json']);
    },
    TIMEOUT_MS,
  );

  test(
    'push uploads the folder byte for byte, a version keeps it, and a second push finds nothing to do',
    async () => {
      await clasp('push', '--force');
      const sources = Object.fromEntries(api.files().map(({name, type, source}) => [`${name} ${type}`, source]));
      expect(Object.keys(sources).sort()).toEqual(['Code SERVER_JS', 'appsscript JSON']);
      // Not toEqual: it would print both texts.
      expect(sources['Code SERVER_JS'] === readFileSync(join(folder, 'dist/Code.js'), 'utf8')).toBe(true);
      expect(sources['appsscript JSON']).toBe(readFileSync(join(folder, 'dist/appsscript.json'), 'utf8'));

      expect(await clasp('create-version', 'first')).toContain('Created version 1');
      expect(api.versions()).toEqual([{versionNumber: 1, description: 'first', files: api.files()}]);

      await clasp('push');
      const puts = api.requests().filter((request) => request.startsWith('PUT'));
      expect(puts).toEqual([`PUT /v1/projects/${SCRIPT_ID}/content`]);
    },
    TIMEOUT_MS,
  );
});
