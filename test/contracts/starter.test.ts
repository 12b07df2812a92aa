/** X1 and X2: only the adapters start executions, since ports in memory have nothing to start them with. */
import {World, type ProjectSource, type WorldOptions} from '../simulator';
import {PROBE} from './implementations';

const mainOf = (probe: string): string => `
  function begin(count) {
    const hosts = new ${probe}.Hosts({});
    hosts.bind(globalThis, {
      fetch: UrlFetchApp, content: ContentService, workerToken: 'a token for tests',
      workerUrl: 'https://script.google.com/macros/s/main/exec',
    });
    const {starter} = ${probe}.portsOf(hosts.of(undefined));
    return starter.start(count);
  }
  function doPost(e) {
    Sim.effect('post', e.parameter.astJobsToken);
    Sim.spend(60000);
    Sim.effect('done');
    return ContentService.createTextOutput('{"worked":true}');
  }
`;
const probe = {name: 'Probe.js', source: PROBE};
const PROJECTS: readonly (readonly [string, ProjectSource])[] = [
  ['pasted', {files: [probe, {name: 'Main.js', source: mainOf('Probe')}]}],
  [
    'in a library',
    {
      files: [{name: 'Main.js', source: mainOf('Lib.Probe')}],
      libraries: [{symbol: 'Lib', files: [probe]}],
    },
  ],
];

function worldOf(project: ProjectSource, options: WorldOptions = {}): World {
  return new World({...options, project});
}

const posts = (world: World, name: string): number => world.effects.filter((effect) => effect.name === name).length;

describe.each(PROJECTS)('the adapter, %s', (_where, project) => {
  test('X2 the caller goes on within seconds, and what it started works on at the same time', () => {
    const world = worldOf(project);
    const startMs = world.nowMs;
    expect(world.call('begin', [4])).toBe(4);
    expect(world.nowMs - startMs).toBeLessThan(3_000);
    expect([posts(world, 'post'), posts(world, 'done')]).toEqual([4, 0]);
    world.runUntil(startMs + 70_000);
    expect(posts(world, 'done')).toBe(4);
    expect(new Set(world.effects.map(({executionId}) => executionId)).size).toBe(4);
    expect(world.effects.find(({name}) => name === 'post')?.data).toBe('a token for tests');
    world.close();
  });

  test('X1 it never throws: not for pages, a busy account, a service that is gone, or missing authority', () => {
    const paged = worldOf(project);
    paged.onPost = () => 'Sorry, unable to open the file at this time.';
    expect(paged.call('begin', [2])).toBe(0);
    paged.close();
    const busy = worldOf(project, {limits: {executionsPerUser: 1}});
    expect(busy.call('begin', [2])).toBe(0);
    expect(posts(busy, 'post')).toBe(0);
    busy.close();
    const gone = worldOf(project);
    gone.onCall = ({service}) =>
      service === 'fetch' ? {kind: 'error', when: 'before', message: 'Address unavailable'} : undefined;
    expect(gone.call('begin', [2])).toBe(0);
    gone.close();
    const limited = worldOf(project);
    expect(limited.call('begin', [2], {authMode: 'LIMITED'})).toBe(0);
    expect(limited.executions[0]?.log).toEqual([expect.stringContaining('do not have permission')]);
    limited.close();
  });
});
