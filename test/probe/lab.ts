/** The probe of examples/probe in a simulated project: pasted as it is, run once, and left to its triggers. */
import {readFileSync} from 'node:fs';
import {World} from '../simulator';
import type {ProjectSource, SourceFile, WorldOptions} from '../simulator';

const PATHS = ['Probe.js', 'Measure.js', 'Kill.js', 'Report.js'].map((name) => `examples/probe/${name}`);

/** The files as users paste them. */
export const PROBE_FILES: readonly SourceFile[] = PATHS.map((name) => ({name, source: readFileSync(name, 'utf8')}));

/** Its second project. */
export const LIBRARY: ProjectSource['libraries'] = [{symbol: 'ASTProbeLibrary', files: PROBE_FILES}];

/** The files with their options set, as a user edits them. */
export function withOptions(set: Readonly<Record<string, boolean | number>>): readonly SourceFile[] {
  return PROBE_FILES.map((file) => {
    const edit = (source: string, [name, value]: readonly [string, boolean | number]): string =>
      source.replace(new RegExp(`^(const AST_PROBE_OPTIONS = .*${name}: )\\w+`, 'm'), `$1${value}`);
    return {name: file.name, source: Object.entries(set).reduce(edit, file.source)};
  });
}

/** A script that is in use already: its function, its trigger and its settings are none of the probe's business. */
const HOST: SourceFile = {
  name: 'Host.js',
  source: `
    function mine() { Sim.effect('mine'); }
    function settle() {
      const stores = [PropertiesService.getScriptProperties(), PropertiesService.getUserProperties()];
      if (PropertiesService.getDocumentProperties() !== null) stores.push(PropertiesService.getDocumentProperties());
      stores.forEach((store) => store.setProperties({mine: 'kept', AST_PROBES: 'kept', AST_JOBS_OWNER: 'kept'}));
      CacheService.getScriptCache().put('mine', 'kept', 21600);
      ScriptApp.newTrigger('mine').timeBased().everyHours(6).create();
    }
    function cached() { return CacheService.getScriptCache().get('mine'); }`,
};

export interface Probed {
  readonly world: World;
  /** The rows of the table: answers by question. */
  readonly table: ReadonlyMap<string, string>;
  readonly json: string;
  /** The log of each execution of the probe that said anything. */
  readonly logs: readonly string[];
}

export interface ProbeRequest {
  readonly options?: WorldOptions;
  readonly files?: readonly SourceFile[];
  readonly libraries?: ProjectSource['libraries'];
  readonly isBound?: boolean;
  /** Sets the hooks of the world. */
  readonly prepare?: (world: World) => void;
}

export function worldWithProbe({options = {}, files = PROBE_FILES, libraries, isBound, prepare}: ProbeRequest): World {
  const project: ProjectSource = {
    files: [...files, HOST],
    ...(libraries === undefined ? {} : {libraries}),
    ...(isBound === undefined ? {} : {isBound}),
  };
  const world = new World({...options, project});
  prepare?.(world);
  world.call('settle');
  world.resetCounts();
  return world;
}

/** Runs the probe to its end and takes its answers from the log, as its user does. */
export function runProbe(request: ProbeRequest = {}): Probed {
  const world = worldWithProbe(request);
  world.call('probe');
  untilOver(world);
  return {world, ...answersOf(world)};
}

/** Lets time pass until no trigger of the probe is left and none of its executions lives. */
export function untilOver(world: World): void {
  const isOpen = (): boolean => ownTriggers(world).length > 0 || world.executions.some(({end}) => end === 'running');
  if (!world.runWhile(isOpen, 2 * 3_600_000)) throw new Error(`The probe has not ended.\n${world.describe()}`);
}

export function answersOf(world: World): Omit<Probed, 'world'> {
  const logs = world.executions.flatMap(({log}) => log);
  const json = logs.filter((text) => text.startsWith('{')).at(-1);
  const text = logs.filter((line) => line.startsWith('AST.Jobs probe')).at(-1);
  if (json === undefined || text === undefined) throw new Error(`The probe has not said anything: ${logs.join('\n')}`);
  const rows = text.split('\n').map((row) => /^(.*?) {2,}(\S.*)$/.exec(row.replace(/^ {2}/, '· ')));
  const table = new Map(rows.map((row) => [row?.[1]?.replace(/^· /, '') ?? '', row?.[2] ?? '']));
  return {table, json, logs};
}

export function ownTriggers(world: World): readonly string[] {
  return world
    .triggers()
    .map(({handler}) => handler)
    .filter((handler) => handler !== 'mine');
}

/** The probe's keys in all stores. */
export function ownKeys(world: World): readonly string[] {
  return (['script', 'user', 'document'] as const)
    .flatMap((kind) => [...world.store(kind).keys()])
    .filter((key) => key.startsWith('AST_PROBE_'));
}

export function expectNothingLeft({world}: Pick<Probed, 'world'>): void {
  expect(ownKeys(world)).toEqual([]);
  expect(ownTriggers(world)).toEqual([]);
}

/** The settings, the trigger and the cache of the script around it are as they were. */
export function expectNothingElseTouched({world}: Pick<Probed, 'world'>): void {
  for (const kind of ['script', 'user'] as const) {
    expect(Object.fromEntries(world.store(kind))).toEqual({mine: 'kept', AST_PROBES: 'kept', AST_JOBS_OWNER: 'kept'});
  }
  expect(world.triggers().map(({handler}) => handler)).toEqual(['mine']);
  expect(world.call('cached')).toBe('kept');
}
