/** The runner as its parent sees it: one process for all mutants, replaced when a test does not come back. */
import {fork, type ChildProcess} from 'node:child_process';
import type {Order, Reply} from './runner';

/** Why no reply came. */
export type Silence = 'does not end' | 'ends the process';

export class RunnerProcess {
  private readonly file: string;
  private child: ChildProcess | null = null;
  private endedCpuMs = 0;
  private lastCpuMs = 0;

  constructor(file: string) {
    this.file = file;
  }

  /** Time of all runners so far. What one took that was ended in the middle of a test is counted by the clock. */
  get cpuMs(): number {
    return this.endedCpuMs + this.lastCpuMs;
  }

  ask(order: Order, limitMs: number): Promise<Reply | Silence> {
    const child = this.child ?? fork(this.file, {stdio: ['ignore', 'ignore', 'ignore', 'ipc']});
    this.child = child;
    const startedAtMs = performance.now();
    return new Promise((resolve) => {
      const timer = setTimeout(() => finish('does not end'), limitMs);
      const onExit = (): void => finish('ends the process');
      const finish = (answer: Reply | Silence): void => {
        clearTimeout(timer);
        child.removeAllListeners();
        if (typeof answer === 'string') this.end(performance.now() - startedAtMs);
        else this.lastCpuMs = answer.cpuMs;
        resolve(answer);
      };
      child.once('message', (reply) => finish(reply as Reply));
      child.once('exit', onExit);
      child.send(order);
    });
  }

  end(unseenMs = 0): void {
    this.child?.kill('SIGKILL');
    this.child = null;
    this.endedCpuMs += this.lastCpuMs + unseenMs;
    this.lastCpuMs = 0;
  }
}
