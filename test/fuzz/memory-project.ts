/** A script in plain memory: the engine over memory ports, handlers that tell what they were given, and time that passes. */
import {Config} from '../../src/engine/config';
import {Pass} from '../../src/engine/dispatcher';
import {Engine} from '../../src/engine/engine';
import type {StepContext, WorkResult} from '../../src/types';
import {MemoryWorld} from '../support/memory-ports';

const HOUR_MS = 3_600_000;

/** What is stored: script properties, owners, triggers. */
export interface Everything {
  readonly values: Readonly<Record<string, string>>;
  readonly owners: readonly (readonly [user: string, id: string])[];
  readonly triggers: readonly string[];
}

export class MemoryProject {
  readonly world = new MemoryWorld();
  readonly config = new Config();

  constructor(values: Readonly<Record<string, string>> = {}, owner: string | null = null, nowMs: number | null = null) {
    for (const [key, value] of Object.entries(values)) this.world.values.set(key, value);
    if (owner !== null) this.world.owners.set('owner', owner);
    if (nowMs !== null) this.world.nowMs = nowMs;
    this.world.handlers.set('act', (context) => (context as StepContext).payload);
  }

  /** One execution that calls the API. */
  execute<Result>(body: (engine: Engine) => Result): Result {
    return this.world.execute((ports) => body(new Engine(ports, this.config)));
  }

  /** One execution that a trigger starts. */
  pass(event: unknown = undefined): WorkResult {
    return this.world.execute((ports) => new Pass(ports, 'xfuzz', event, false).run());
  }

  /** Passes, ten minutes apart, for so many hours or until nothing is open. */
  passFor(hours: number): void {
    const untilMs = this.world.nowMs + hours * HOUR_MS;
    while (this.world.nowMs < untilMs) {
      this.world.nowMs += 600_000;
      if (this.pass().end === 'idle') return;
    }
  }

  everything(): Everything {
    const {values, owners, triggers} = this.world;
    return {
      values: Object.fromEntries(values),
      owners: [...owners],
      triggers: triggers.map(({uid, everyMs, nextMs}) => `${uid} ${everyMs} ${nextMs}`),
    };
  }
}
