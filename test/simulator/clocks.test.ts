/** Clocks that are off, and the hook that sees what has landed. */
import {projectOf, World} from './index';

const project = projectOf(`
  function clock() {
    const before = Date.now();
    PropertiesService.getScriptProperties().setProperty('a', '1');
    return [before, Date.now()];
  }
  function write(key) { PropertiesService.getScriptProperties().setProperty(key, '1'); }
`);

test('an execution whose clock is off reads another time, and takes part in the same events', () => {
  const world = new World({project});
  world.onStart = ({id}) => (id === 1 ? -20_000 : 0);
  const [off, right] = [world.start({fn: 'clock'}), world.start({fn: 'clock'})];
  world.settle();
  expect(off.value).toEqual([world.executions[1]?.startMs, right.endMs].map((ms) => (ms ?? 0) - 20_000));
  expect(off.endMs).toBe(right.endMs);
  world.close();
});

test('a clock that jumps shows the difference from that call on, and the call goes its way', () => {
  const world = new World({project});
  world.onCall = () => ({kind: 'jump', ms: 60_000});
  const execution = world.start({fn: 'clock'});
  world.settle();
  const {startMs, endMs} = execution;
  expect(execution.value).toEqual([startMs, (endMs ?? 0) + 60_000]);
  expect(world.store('script').get('a')).toBe('1');
  world.close();
});

test('what has landed is told after it took effect, refused and late calls too', () => {
  const world = new World({project, limits: {storeBytes: 5}});
  const landed: unknown[] = [];
  world.onLanded = ({args, execution}, error) => {
    landed.push([execution.id, execution.end, args[0], world.store('script').get(String(args[0])) ?? null, error]);
  };
  world.onCall = ({execution}) => (execution.id === 1 ? {kind: 'late', ms: 5_000} : undefined);
  world.start({fn: 'write', args: ['late']});
  world.settle();
  world.setProperty('script', 'late', null);
  world.start({fn: 'write', args: ['b']});
  world.settle();
  world.start({fn: 'write', args: ['long']});
  world.settle();
  expect(landed).toEqual([
    [1, 'killed', 'late', '1', null],
    [2, 'running', 'b', '1', null],
    [3, 'running', 'long', null, expect.stringContaining('storage quota')],
  ]);
  world.close();
});
