/** Rate limits of named resources: what the store promises, under several executions, users and kills. */
import type {Explanation, JobRequest, RateLimitRecord, StepRequest} from '../../src/types';
import {DAY_MS, HOUR_MS, inLine, MINUTE_MS, SECOND_MS, step, useLabs, type Lab} from './lab';

const newLab = useLabs();
const KEY = 'AST_JOBS_LIMITS';
const OTHER = {user: 'other@example.com'};

const limited = (request: Partial<JobRequest> = {}): Partial<JobRequest> => ({resources: ['mail'], ...request});

/** When the attempts began. */
const times = (lab: Lab): readonly number[] =>
  lab.world.effects.filter(({name}) => name === 'run').map(({atMs}) => atMs);

/** The most attempts that began within a time. */
function most(lab: Lab, spanMs: number): number {
  const all = times(lab);
  return Math.max(0, ...all.map((fromMs) => all.filter((atMs) => atMs >= fromMs && atMs < fromMs + spanMs).length));
}

const usedOf = (lab: Lab): number => lab.call<readonly RateLimitRecord[]>('limits')[0]?.windows[0]?.used ?? 0;

const independent = (count: number, payload: Readonly<Record<string, unknown>> = {}): readonly StepRequest[] =>
  Array.from({length: count}, (_none, index) => step(`s${index}`, payload));

describe('limit', () => {
  test('stores, shows, changes and removes', () => {
    const lab = newLab();
    expect(lab.call('limits')).toEqual([]);
    expect(lab.call('limit', 'mail', {perMinute: 5, perDay: 100})).toEqual([
      {
        resource: 'mail',
        windows: [
          {per: 'minute', limit: 5, used: 0, resetsAt: null},
          {per: 'day', limit: 100, used: 0, resetsAt: null},
        ],
      },
    ]);
    lab.call('limit', 'mail', {perHour: 7});
    expect(lab.call('limits')).toMatchObject([{resource: 'mail', windows: [{per: 'hour', limit: 7}]}]);
    expect(lab.call('limit', 'mail', null)).toEqual([]);
    expect(lab.world.store('script').has(KEY)).toBe(false);
  });

  test.each([
    [['', {perMinute: 1}], 'The resource of limit must be'],
    [['mail', {}], 'at least one of perMinute'],
    [['mail', {perMinute: 0}], 'perMinute must be an integer from 1'],
    [['mail', {perSecond: 1}], 'limit knows perMinute, perHour, perDay, got `"perSecond"`'],
    [['mail', 5], 'limit expects {perMinute, perHour, perDay} or null'],
  ])('refuses %j', (args, message) => {
    const lab = newLab();
    const before = lab.everything();
    expect(lab.refusal('limit', ...args).message).toContain(message);
    expect(lab.everything()).toEqual(before);
  });

  test('of a damaged store holds nobody up, and is told', () => {
    const lab = newLab();
    lab.call('limit', 'mail', {perDay: 1});
    lab.world.setProperty('script', KEY, '[oops');
    const {id} = lab.enqueue(independent(3), limited());
    expect(lab.settle().status(id).status).toBe('completed');
    expect(lab.refusal('limits').code).toBe('RECORD_CORRUPT');
  });
});

describe('a run', () => {
  test('takes units for its attempts, retries too, and gives back what it did not use', () => {
    const lab = newLab();
    lab.call('limit', 'mail', {perDay: 50});
    const record = lab.call('run', {name: 'job', steps: independent(3), ...limited()});
    expect(record.status).toBe('completed');
    expect(usedOf(lab)).toBe(3);
    const {id} = lab.enqueue([step('a', {failures: 1}, {retry: {delayMs: 0}})], limited());
    lab.settle(HOUR_MS);
    expect(lab.status(id).status).toBe('completed');
    expect(usedOf(lab)).toBe(5);
  });

  test('sleeps for units that come soon, and never uses more than there are in a window', () => {
    const lab = newLab();
    lab.call('limit', 'mail', {perMinute: 4});
    const record = lab.call('run', {name: 'job', steps: independent(10), ...limited()});
    expect(record.status).toBe('completed');
    expect(most(lab, MINUTE_MS - SECOND_MS)).toBe(4);
    expect(lab.world.nowMs - (times(lab)[0] ?? 0)).toBeLessThan(3 * MINUTE_MS);
  });

  test('ends where its units come later, and the job waits and says for what', () => {
    const lab = newLab();
    lab.call('limit', 'mail', {perHour: 3});
    const record = lab.call('run', {name: 'job', steps: independent(7), ...limited()});
    expect(record).toMatchObject({status: 'paused', waiting: {reason: 'quota'}});
    expect(times(lab)).toHaveLength(3);
    const {sentence, data} = lab.call<Explanation>('explain', record.id);
    expect(sentence).toContain('The rate limit of the resource `"mail"` is used up until');
    expect(data).toMatchObject({resource: 'mail'});
    lab.settle(DAY_MS);
    expect(lab.status(record.id).status).toBe('completed');
    expect(most(lab, HOUR_MS - SECOND_MS)).toBe(3);
    lab.expectTidy();
  });

  test('that finds no units does not begin, writes no epoch, and is called again when there are some', () => {
    const lab = newLab();
    lab.call('limit', 'mail', {perHour: 1});
    lab.call('run', {name: 'first', steps: independent(1), ...limited()});
    const record = lab.call('run', {name: 'second', steps: independent(1), ...limited()});
    expect(record).toMatchObject({status: 'paused', startedAt: null, waiting: {reason: 'quota'}});
    lab.settle(DAY_MS);
    expect(lab.status(record.id).status).toBe('completed');
    lab.expectTidy();
  });

  test('of a job without resources costs what it cost without limits', () => {
    const cost = (hasLimit: boolean): unknown => {
      const lab = newLab();
      if (hasLimit) lab.call('limit', 'mail', {perDay: 50});
      const calls: string[] = [];
      lab.world.onCall = ({service, method}) => {
        calls.push(`${service}.${method}`);
        return undefined;
      };
      lab.call('run', {name: 'job', steps: independent(3)});
      return calls;
    };
    expect(cost(true)).toEqual(cost(false));
  });
});

describe('many executions and users', () => {
  test('never use more together than there is', () => {
    const lab = newLab();
    lab.call('limit', 'mail', {perMinute: 6});
    lab.call('enqueueMany', {
      ...{name: 'items', handler: 'square', items: Array.from({length: 40}, (_none, index) => index)},
      ...{workers: 3, resources: ['mail']},
    });
    lab.callAs(OTHER, 'enqueue', {name: 'theirs', steps: inLine(15, {ms: 500}), ...limited()});
    lab.enqueue(inLine(15, {ms: 500}), limited());
    lab.settle(DAY_MS);
    expect(times(lab)).toHaveLength(70);
    expect(most(lab, MINUTE_MS)).toBeLessThanOrEqual(12);
    lab.expectTidy();
  });

  test.each([1, 2, 3, 4])('keep the promise where each execution %s is killed', (nth) => {
    const lab = newLab();
    lab.call('limit', 'mail', {perMinute: 6});
    const ids = [lab.enqueue(inLine(12, {ms: 2_000}), limited()), lab.enqueue(independent(12, {ms: 900}), limited())];
    let writes = 0;
    lab.world.onCall = ({method, args}) => {
      const isLimit = method === 'setProperty' && args[0] === KEY;
      if (!isLimit || ++writes > 12 || writes % nth !== 0) return undefined;
      return {kind: 'kill', when: writes % 2 === 0 ? 'before' : 'after'};
    };
    lab.settle(2 * DAY_MS);
    for (const {id} of ids) expect(lab.status(id).status).toBe('completed');
    expect(most(lab, MINUTE_MS)).toBeLessThanOrEqual(12);
    lab.expectTidy();
  });
});
