/** Who uses the script: whether each has triggers that run his jobs, and by which id the records know him. */
import {expectSame} from './difference';
import type {ReferenceJob} from './reference-job';

interface User {
  /** Random id in the records, as soon as one is seen. */
  ownerId: string | null;
  /** Whether his jobs may have two ids; see `doubt`. */
  isDoubtful: boolean;
  isInstalled: boolean;
  hasTriggers: boolean;
}

export class ReferenceUsers {
  private readonly users = new Map<string, User>();
  private readonly jobs: () => readonly ReferenceJob[];

  constructor(jobs: () => readonly ReferenceJob[]) {
    this.jobs = jobs;
  }

  hasTriggers(name: string): boolean {
    return this.user(name).hasTriggers;
  }

  /** A job of his that goes on by itself was accepted, resumed by himself or adopted. */
  madeTriggers(name: string): void {
    this.user(name).hasTriggers = true;
  }

  installed(name: string): void {
    Object.assign(this.user(name), {isInstalled: true, hasTriggers: true});
  }

  /** `stop`: his random id goes with the data. */
  stopped(name: string, isWithData: boolean): void {
    Object.assign(this.user(name), {isInstalled: false, hasTriggers: false, ...(isWithData ? {ownerId: null} : {})});
  }

  /**
   * A known difference: an execution that outlives `stop({data: true})` goes on with the id that was deleted, so that a
   * job which its handler enqueues has another owner than the user's later jobs, and `work` by hand does not count it.
   */
  doubt(name: string): void {
    this.user(name).isDoubtful = true;
  }

  isDoubtful(name: string): boolean {
    return this.user(name).isDoubtful;
  }

  /** Whether triggers of a user may be there when everything is at rest. */
  mayHaveTriggers(name: string): boolean {
    return this.user(name).isInstalled || this.isNeeded(name);
  }

  /** The last trigger of a user goes when nothing of his is open but what waits for a person. */
  forgetTriggers(): void {
    for (const [name, user] of this.users) if (!this.mayHaveTriggers(name)) user.hasTriggers = false;
  }

  /** All records of a user's jobs tell the same owner, and no two users' the same. */
  checkOwner(name: string, ownerId: string): void {
    const user = this.user(name);
    if (user.isDoubtful) return;
    user.ownerId ??= ownerId;
    expectSame(`the owner of the jobs of ${name}`, user.ownerId, ownerId);
    const others = [...this.users].filter(([other, {ownerId: id}]) => other !== name && id === ownerId);
    expectSame('no two users have one id', [], others);
  }

  private isNeeded(name: string): boolean {
    return this.jobs().some(
      (job) => job.owner === name && !job.isFinal && job.plan.options.autoResume && !job.isStopped,
    );
  }

  private user(name: string): User {
    const user = this.users.get(name) ?? {ownerId: null, isDoubtful: false, isInstalled: false, hasTriggers: false};
    this.users.set(name, user);
    return user;
  }
}
