/** Passes of the dispatcher over a store in plain memory. */
import {userKey} from '../../src/core/keys';
import type {Ports} from '../../src/engine/ports';
import {Pass} from '../../src/engine/dispatcher';
import type {StepContext, WorkResult} from '../../src/types';
import {worldOf, type Values} from './holds';
import type {MemoryTrigger, MemoryWorld} from './memory-ports';

const DISPATCHER = 'astJobsWorker';
let worlds = 0;

/** A script of one user with the handler `work`, which takes some time. */
export class Script {
  readonly world: MemoryWorld;
  /** Steps that ran, in order, by job. */
  readonly runs: string[] = [];
  /** Runs inside the handler. */
  onRun: (context: StepContext) => void = () => undefined;
  stepMs = 1_000;

  constructor(values: Values, owner: string | null = 'u1') {
    this.world = worldOf(values);
    if (owner !== null) this.world.owners.set('owner', owner);
    // Triggers of different scripts have different ids, also where one process remembers those that it saw.
    for (let draw = 0; draw < worlds; draw++) this.world.random();
    worlds++;
    this.world.handlers.set('work', (context) => this.work(context as StepContext));
  }

  /** One pass; `ports` may change what it has. */
  pass(event: unknown = undefined, ports: (ports: Ports) => Ports = (own) => own, hasRun = false): WorkResult {
    return this.world.execute((own) => new Pass(ports(own), 'xpass', event, hasRun).run());
  }

  /** A trigger of the user that his key names as his watchdog. */
  addWatchdog(owner = 'u1', fields: Readonly<Record<string, unknown>> = {}): string {
    const uid = this.addTrigger(600_000);
    this.world.values.set(userKey(owner), JSON.stringify({w: uid, m: 10, i: 0, o: null, a: 0, ...fields}));
    return uid;
  }

  addTrigger(everyMs: number | null = null): string {
    return this.world.addTrigger(DISPATCHER, 'owner', 600_000, everyMs);
  }

  /** One-offs by when they are due, in milliseconds after the pass began. */
  oneOffs(): readonly (number | null)[] {
    return this.triggers(false).map(({nextMs}) => nextMs);
  }

  triggers(isRecurring: boolean): readonly MemoryTrigger[] {
    return this.world.triggers.filter(({everyMs}) => (everyMs !== null) === isRecurring);
  }

  get store(): Values {
    return Object.fromEntries(this.world.values);
  }

  private work(context: StepContext): unknown {
    this.runs.push(`${context.name} ${context.stepId}`);
    this.world.nowMs += this.stepMs;
    this.onRun(context);
    return null;
  }
}
