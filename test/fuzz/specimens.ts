/** Stored jobs of every kind, as the engine itself writes them: the undamaged text that damage starts from. */
import {encodeIntent} from '../../src/core/intent';
import {encodeRates, withLimits} from '../../src/core/rate';
import {headerKey, parseKey} from '../../src/core/keys';
import type {JobRecord, JobRequest, StepContext} from '../../src/types';
import {MemoryProject} from './memory-project';

const DAY_MS = 86_400_000;

interface Payload {
  /** Attempts that fail, and attempts during which the execution is killed. */
  readonly fails?: number;
  readonly dies?: number;
  readonly chars?: number;
  /** Nothing but bytes. */
  readonly noise?: string;
}

/** A job, and the project in which it was stored. */
interface Making {
  readonly project: MemoryProject;
  /** What stood in the store when executions were killed. */
  readonly killed: Readonly<Record<string, string>>[];
}

/** A project in which handlers fail and executions are killed as payloads say. */
function making(number: number): Making {
  const project = new MemoryProject();
  project.world.nowMs += number * 1_000;
  // Each project draws its own ids.
  for (let draws = 0; draws < number * 7; draws++) project.world.random();
  project.world.owners.set('owner', OWNER);
  const made: Making = {project, killed: []};
  project.world.handlers.set('act', (raw) => {
    const context = raw as StepContext;
    const payload = ((context.payload as {item?: Payload} | null)?.item ?? context.payload ?? {}) as Payload;
    if (context.attempt <= (payload.dies ?? 0)) {
      made.killed.push(project.everything().values);
      throw new Error('killed');
    }
    if (context.attempt <= (payload.fails ?? 0)) throw new Error('fails');
    return payload.chars === undefined ? context.stepId : 'x'.repeat(payload.chars);
  });
  return made;
}

export const OWNER = 'ufuzzfuzzfuzz';

/** Runs something during which executions are killed: what is left is what stood there at the kill. */
function mortally(made: Making, act: () => void): void {
  made.killed.length = 0;
  act();
  const [killed] = made.killed;
  if (killed === undefined) return;
  made.project.world.values.clear();
  for (const [key, value] of Object.entries(killed)) made.project.world.values.set(key, value);
}

type Maker = (made: Making) => void;

const step = (id: string, payload: Payload = {}, more: object = {}): JobRequest['steps'][number] => ({
  ...{id, handler: 'act', payload: {...payload}},
  ...more,
});
const submit = (made: Making, method: 'run' | 'enqueue' | 'mapReduce', request: object): JobRecord =>
  made.project.execute((engine) => engine.submit(method, request));

/** Text that does not shrink when it is packed. */
function noise(chars: number): string {
  let text = '';
  for (let index = 1; text.length < chars; index++) text += ((index * 2_654_435_761) % 4_294_967_296).toString(36);
  return text.slice(0, chars);
}

const MAKERS: Readonly<Record<string, Maker>> = {
  queued: (made) => void submit(made, 'enqueue', {name: 'queued', steps: [step('a'), step('b', {}, {dependsOn: 'a'})]}),
  packed: (made) => {
    const items = Array.from({length: 60}, (_none, index) => ({index, text: 'the same for all'}));
    submit(made, 'mapReduce', {name: 'packed', mode: 'enqueue', items, mapHandler: 'act', reduceHandler: 'act'});
  },
  pieces: (made) => {
    const steps = [step('a', {noise: noise(20_000)}), step('b', {}, {dependsOn: 'a'})];
    submit(made, 'enqueue', {name: 'pieces', steps, options: {propertyPrefix: 'other.prefix'}});
  },
  retrying: (made) => {
    const retry = {delayMs: 300_000};
    const steps = [
      step('a'),
      step('big', {chars: 9_000}),
      step('b', {fails: 1}, {retry}),
      step('c', {}, {dependsOn: 'b'}),
    ];
    submit(made, 'run', {name: 'retrying', steps});
  },
  completed: (made) => void submit(made, 'run', {name: 'completed', steps: [step('a', {chars: 20})]}),
  large: (made) => void submit(made, 'run', {name: 'large', steps: [step('big', {chars: 20_000}), step('b')]}),
  failed: (made) =>
    void submit(made, 'run', {name: 'failed', steps: [step('a', {fails: 9}, {retry: {maxRetries: 0}})]}),
  killed: (made) => {
    const steps = [step('a'), step('b', {dies: 1}), step('c', {}, {dependsOn: 'b'})];
    mortally(made, () => submit(made, 'run', {name: 'killed', steps}));
  },
  suspect: (made) => {
    const steps = [step('a'), step('b', {dies: 2}), step('c')];
    mortally(made, () => submit(made, 'run', {name: 'suspect', steps}));
    made.project.world.nowMs += 600_000;
    mortally(made, () => void made.project.pass());
  },
  sealed: (made) => {
    const items = Array.from({length: 72}, () => ({dies: 1}));
    const request = {name: 'sealed', mode: 'run', items, mapHandler: 'act', reduceHandler: 'act'};
    mortally(made, () => submit(made, 'mapReduce', request));
    for (let kills = 0; kills < 140 && !hasPage(made); kills++) {
      made.project.world.nowMs += 600_000;
      mortally(made, () => void made.project.pass());
    }
  },
  terms: (made) =>
    void submit(made, 'enqueue', {
      ...{name: 'terms', description: 'of a job', tags: ['red', 'blue'], priority: 'high', resources: ['mail']},
      ...{idempotencyKey: 'k', singleton: 's', timeoutMs: 31_000_000_000, environment: {A: 'x'}},
      steps: [step('a')],
    }),
  folded: (made) => {
    submit(made, 'run', {
      name: 'folded',
      steps: [step('a', {chars: 4_000}), step('b', {fails: 9}, {retry: {maxRetries: 0}})],
    });
    made.project.world.nowMs += 8 * DAY_MS;
    made.project.pass();
    made.project.world.nowMs -= 8 * DAY_MS;
  },
};

function hasPage({project}: Making): boolean {
  return [...project.world.values.keys()].some((key) => parseKey(key)?.part.startsWith('z') === true);
}

/** A stored job. */
export interface Specimen {
  readonly kind: string;
  readonly id: string;
  readonly header: string;
  readonly keys: readonly string[];
}

/** All of them in one store, with the triggers of their owner, and a setting of the host. */
export interface Collection {
  readonly values: Readonly<Record<string, string>>;
  readonly jobs: readonly Specimen[];
  /** The instant to go on from: every lease has run out. */
  readonly nowMs: number;
}

/** What stands beside jobs: a limit, alerts that nobody declares any more, what a kill left of a batch. */
const SHARED: Readonly<Record<string, string>> = {
  AST_JOBS_LIMITS: encodeRates(withLimits(new Map(), 'mail', {minute: 100})),
  AST_JOBS_ALERTS: '{"v":1}',
  ...Object.fromEntries(encodeIntent('batch_0mk0xjuds_0000000000', [])),
};

function collect(): Collection {
  const values: Record<string, string> = {
    HOST_SETTING: 'of the host',
    AST_JOBS_PREFIXES: '["other.prefix"]',
    ...SHARED,
  };
  const jobs: Specimen[] = [];
  let nowMs = 0;
  Object.entries(MAKERS).forEach(([kind, make], index) => {
    const made = making(index + 1);
    make(made);
    const keys = [...made.project.world.values.keys()];
    const [address] = keys.flatMap((key) => parseKey(key) ?? []);
    if (address === undefined) throw new Error(`The specimen ${kind} left nothing.`);
    for (const key of keys) values[key] ??= made.project.world.values.get(key) ?? '';
    jobs.push({kind, id: address.id, header: headerKey(address), keys: keys.filter((key) => key.includes(address.id))});
    nowMs = Math.max(nowMs, made.project.world.nowMs);
  });
  return {values, jobs, nowMs: nowMs + 600_000};
}

export const SPECIMENS = collect();
