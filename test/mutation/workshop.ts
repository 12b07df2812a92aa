/**
 * Builds what the runner runs, in the working directory, which is a copy of the repository: the tests as scripts of
 * their own and the library as `dist/Code.js`, whole or with one file changed.
 *
 * Unit tests contain the sources that they test, so they are built anew for a mutant. All others run the built library
 * in the simulator: they stay as they are, and so do the codecs with which they look into the store.
 */
import {build, type BuildOptions, type Metafile, type Plugin} from 'esbuild';
import {readdirSync, writeFileSync, mkdirSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {bundleLibrary} from '../../tools/bundle.cjs';

export const RUNNER = 'built/runner.cjs';
const SIMULATOR = 'built/simulator.cjs';
const LIBRARY = 'dist/Code.js';
/** Tests that make another version of the library replace the number in its first line. */
const BANNER = '// ast-jobs 0.0.0';

/** A source file with another text. */
export interface Change {
  readonly file: string;
  readonly text: string;
}

/** A test file, as a script that the runner can load. */
export interface Script {
  readonly source: string;
  readonly path: string;
  /** For unit tests: the sources of the library that they contain. */
  readonly contains: readonly string[];
  readonly isUnit: boolean;
}

const SCRIPTS: BuildOptions = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  packages: 'external',
  tsconfig: 'tsconfig.test.json',
  logLevel: 'error',
};

const UNIT_FOLDERS: readonly string[] = ['test/core', 'test/engine'];
const BUILT: readonly string[] = ['test/jobs', 'test/mutation/probes.ts'];

/** Builds the runner and the tests, all of them whole. */
export async function openWorkshop(): Promise<readonly Script[]> {
  await build({...SCRIPTS, entryPoints: ['test/mutation/runner.ts'], outfile: RUNNER});
  await build({...SCRIPTS, entryPoints: ['test/simulator/index.ts'], outfile: SIMULATOR});
  const units = await buildScripts(UNIT_FOLDERS.flatMap(testFiles), true, null);
  return [...units, ...(await buildScripts(BUILT.flatMap(testFiles), false, null))];
}

/** The test files of a folder, or the one that is named. */
function testFiles(folder: string): readonly string[] {
  if (folder.endsWith('.ts')) return [folder];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(folder, name));
}

/** Builds the unit tests that contain the changed file. */
export async function buildUnits(scripts: readonly Script[], change: Change): Promise<readonly Script[]> {
  const concerned = scripts.filter(({isUnit, contains}) => isUnit && contains.includes(change.file));
  const sources = concerned.map(({source}) => source);
  if (sources.length > 0) await buildScripts(sources, true, change);
  return concerned;
}

/** Builds the library. */
export async function buildLibrary(change: Change | null): Promise<void> {
  const plugins = change === null ? [] : [changing(change)];
  const {outputFiles} = await bundleLibrary({banner: BANNER, plugins});
  mkdirSync('dist', {recursive: true});
  writeFileSync(LIBRARY, outputFiles[0]?.text ?? '');
}

async function buildScripts(
  sources: readonly string[],
  isUnit: boolean,
  change: Change | null,
): Promise<readonly Script[]> {
  const {metafile} = await build({
    ...SCRIPTS,
    entryPoints: [...sources],
    outbase: '.',
    outdir: 'built',
    outExtension: {'.js': '.cjs'},
    metafile: true,
    plugins: [oneSimulator, ...(change === null ? [] : [changing(change)])],
  });
  return Object.entries(metafile.outputs).map(([path, output]) => scriptOf(path, output, isUnit));
}

function scriptOf(path: string, output: Metafile['outputs'][string], isUnit: boolean): Script {
  const contains = Object.keys(output.inputs).filter((input) => input.startsWith('src/'));
  return {source: output.entryPoint ?? '', path, contains, isUnit};
}

function changing({file, text}: Change): Plugin {
  return {
    name: 'change',
    setup(setup) {
      setup.onLoad({filter: /\.ts$/}, ({path}) =>
        path === resolve(file) ? {contents: text, loader: 'ts'} : undefined,
      );
    },
  };
}

/** All tests share one simulator and with it its threads, which take long to start. */
const oneSimulator: Plugin = {
  name: 'one simulator',
  setup(setup) {
    setup.onResolve({filter: /\/simulator$/}, () => ({path: resolve(SIMULATOR), external: true}));
  },
};
