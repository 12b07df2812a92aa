/** What has happened in a world, for a failing test to print and for two runs to be compared. Bounded. */
import type {Effect, Execution, HistoryEntry, ServiceCall} from './types';

const MAX_ENTRIES = 50_000;
const MAX_TEXT = 120;

export class History {
  readonly effects: Effect[] = [];
  private readonly entries: HistoryEntry[] = [];
  private readonly hasCalls: boolean;
  private dropped = 0;

  constructor(hasCalls: boolean) {
    this.hasCalls = hasCalls;
  }

  list(): readonly HistoryEntry[] {
    return this.entries;
  }

  note(atMs: number, execution: Execution | null, what: string): void {
    this.entries.push({atMs, executionId: execution?.id ?? 0, what});
    if (this.entries.length <= MAX_ENTRIES) return;
    // The end of a story is what a failing test needs; in portions, because each removal moves all the rest.
    this.dropped += this.entries.splice(0, MAX_ENTRIES / 10).length;
  }

  call(atMs: number, call: ServiceCall, outcome: string): void {
    if (!this.hasCalls) return;
    const scope = [call.library, call.store].filter((part) => part !== null).join(' ');
    const args = call.args.map((argument) => shorten(JSON.stringify(argument))).join(', ');
    const name = `${call.service}${scope === '' ? '' : `(${scope})`}.${call.method}(${args})`;
    this.note(atMs, call.execution, `#${call.n} ${name} -> ${shorten(outcome)}`);
  }

  effect(atMs: number, execution: Execution, name: string, data: unknown): void {
    this.effects.push({atMs, executionId: execution.id, name, data});
    this.note(atMs, execution, `effect ${name}${data === undefined ? '' : ` ${shorten(JSON.stringify(data))}`}`);
  }

  describe(startMs: number): string {
    const lines = this.entries.map(({atMs, executionId, what}) => {
      const seconds = ((atMs - startMs) / 1000).toFixed(3).padStart(10);
      return `${seconds} s  ${executionId === 0 ? '   ' : `[${executionId}]`} ${what}`;
    });
    return [...(this.dropped > 0 ? [`${this.dropped} earlier entries were dropped`] : []), ...lines].join('\n');
  }
}

function shorten(text: string | undefined): string {
  if (text === undefined) return 'undefined';
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}... (${text.length})`;
}
