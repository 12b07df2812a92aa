import {refuseForeign} from '../../src/orchestration/fields';
import {refusal} from '../support/requests';

type Place = Parameters<typeof refuseForeign>[1];
const PLACES: readonly Place[] = ['request', 'withoutItems', 'step', 'part', 'options', 'settings', 'besideJob'];

/** What requests of the closest library say, and what else its schedules and dead letters know. */
const CLOSEST =
  'name steps options id handler dependsOn payload mode tasks stepIdPrefix items sharedPayload maxConcurrency map reduce ' +
  'mapHandler reduceHandler mapPayload reducePayload mapStepIdPrefix reduceStepId maxRetries maxRuntimeMs leaseTtlMs ' +
  'checkpointStore autoResume propertyPrefix operation enabled job autoResumeJobs metadata triggerId triggerUid dryRun ' +
  'limit includeOrphans dispatch';

test.each<[place: Place, field: string, says: string]>([
  ['request', 'volumes', 'there is no file system: store the data with AST.Storage.put'],
  ['request', 'runtime', 'no choice of machines: leave it out'],
  ['request', 'max_retries', 'write retry: {maxRetries}'],
  ['request', 'retries', 'write retry: {maxRetries}'],
  ['request', 'retry_delay', 'write retry: {delayMs}, in milliseconds'],
  ['request', 'timeout', 'write timeoutMs, in milliseconds'],
  ['request', 'auto_start', 'write autoStart'],
  ['request', 'secret_environment', 'write secretEnvironment'],
  ['request', 'max_concurrency', 'write maxConcurrency'],
  ['request', 'depends_on', 'write dependencies with the ids of jobs'],
  ['request', 'command', 'write handler with its name'],
  ['step', 'network', 'no choice of machines'],
  ['step', 'depends_on', 'write dependsOn'],
  ['step', 'dependencies', 'steps wait for each other with dependsOn'],
  ['step', 'environment', 'write it into the request'],
  ['step', 'timeout_ms', 'write timeoutMs'],
  ['step', 'workers', 'write it into the request'],
  ['step', 'runAt', 'write it into the request'],
  ['step', 'checkpoint', 'for items, which enqueueMany and mapReduce have'],
  ['settings', 'retry', 'write it into their requests'],
  ['part', 'retry', 'write it into the request'],
  ['part', 'itemTimeoutMs', 'write it into the request'],
  ['withoutItems', 'itemTimeoutMs', 'for items, which enqueueMany and mapReduce have'],
  ['withoutItems', 'checkpoint', 'for items, which enqueueMany and mapReduce have'],
  ['options', 'checkpoint', 'write it beside them'],
  ['step', 'args', 'context.payload'],
  ['options', 'retry', 'write it beside them'],
  ['options', 'runAt', 'write it beside them'],
  ['options', 'max_retries', 'write maxRetries'],
  ['options', 'timeout', 'as timeoutMs'],
  ['settings', 'max_retries', 'write maxRetries'],
  ['besideJob', 'priority', 'write it into job'],
])('in the %s %s is refused with what to do instead', (place, field, says) => {
  const error = refusal(() => refuseForeign({[field]: 1}, place, 'Step `"a"`'));
  expect(error).toMatchObject({name: 'AstJobsCapabilityError', code: 'NOT_SUPPORTED', details: {field}});
  expect(error.message).toMatch(/^Step `"a"` has the field `"\w+"`: .*[^.]\.$/);
  expect(error.message).toContain(says);
});

test.each(PLACES)(
  'in the %s no name that the closest library knows is refused, and none that nobody knows',
  (place) => {
    const own = ['colour', 'owner', 'label', 'toString', '__proto__', 'tag', 'metadata', 'createdBy'];
    for (const field of [...CLOSEST.split(' '), ...own])
      expect(() => refuseForeign({[field]: 'x'}, place, 'It')).not.toThrow();
    expect(() => refuseForeign({schedule: {type: 'every_hours', every: 6}}, place, 'It')).not.toThrow();
  },
);

test('a schedule that is a time is one of another system', () => {
  expect(refusal(() => refuseForeign({schedule: '2027-01-01'}, 'request', 'It')).message).toContain(
    'AST.Jobs.schedule',
  );
});

test('nothing is nothing, and what is inherited counts as it does everywhere in requests', () => {
  expect(() => refuseForeign({volumes: null, runtime: undefined}, 'request', 'It')).not.toThrow();
  const inherited = Object.create({volumes: ['a:/data']}) as Readonly<Record<string, unknown>>;
  expect(refusal(() => refuseForeign(inherited, 'step', 'It')).details).toEqual({field: 'volumes'});
});
