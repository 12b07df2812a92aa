/**
 * Reports of kills, seen in the moment in which they are stored: whoever takes over from a dead owner says what was in
 * doubt before it runs anything, and what runs then follows from that.
 */
import type {JobRecord} from '../../src/types';
import type {Execution, World} from '../simulator';
import type {Look} from './observer';

export interface Report {
  readonly atMs: number;
  readonly job: string;
  readonly inDoubt: readonly string[];
}

interface Dead {
  readonly job: string;
  readonly endMs: number;
}

export class Reports {
  private heard: Report[] = [];
  private alive: Execution[] = [];
  private dead: readonly Dead[] = [];
  private seen = 0;
  private readonly world: World;
  private readonly look: (ids: readonly string[]) => Look;

  constructor(world: World, look: (ids: readonly string[]) => Look) {
    this.world = world;
    this.look = look;
    world.onLanded = ({service, method}) => {
      if (service === 'properties' && !method.startsWith('get')) this.listen();
    };
  }

  /** Those that have not been taken, up to an instant. */
  take(untilMs: number): readonly Report[] {
    const taken = this.heard.filter(({atMs}) => atMs <= untilMs);
    this.heard = this.heard.filter(({atMs}) => atMs > untilMs);
    return taken;
  }

  private listen(): void {
    this.findDead();
    if (this.dead.length === 0) return;
    const {statuses} = this.look(this.dead.map(({job}) => job));
    this.dead = this.dead.filter(({job, endMs}, index) => {
      const record = statuses[index]?.value as JobRecord | undefined;
      if (record === undefined || record.folded === true) return false;
      const report = record.recoveries.find(({at, reason}) => reason === 'killed' && Date.parse(at) >= endMs);
      if (report !== undefined) this.heard.push({atMs: this.world.nowMs, job, inDoubt: report.inDoubt});
      return report === undefined && !['completed', 'failed', 'canceled'].includes(record.status);
    });
  }

  private findDead(): void {
    const {executions} = this.world;
    this.alive.push(...executions.slice(this.seen));
    this.seen = executions.length;
    const ended = this.alive.filter(({end}) => end !== 'running');
    if (ended.length === 0) return;
    this.alive = this.alive.filter(({end}) => end === 'running');
    this.dead = [
      ...this.dead,
      ...ended.filter(({end}) => end !== 'done').flatMap((execution) => this.deadIn(execution)),
    ];
  }

  /** The job in the middle of whose handler an execution was killed. */
  private deadIn({id, endMs}: Execution): readonly Dead[] {
    const own = this.world.effects.filter(({executionId, name}) => executionId === id && /^(begin|end)$/.test(name));
    const last = own.at(-1);
    return last?.name === 'begin' ? [{job: (last.data as {readonly job: string}).job, endMs: endMs ?? 0}] : [];
  }
}
