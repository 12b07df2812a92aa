/** One world of a seed: drawn, run with faults, run on without them, checked. */
import {decodeHeader} from '../../src/core/header-codec';
import {isFinal, type Header} from '../../src/core/header';
import {randomStream, World} from '../simulator';
import type {WorldOptions} from '../simulator/types';
import {Checkers} from './checkers';
import {drawWorld, FAULTY_MS, USERS, type Drawn, type Timed} from './draw';
import {scriptedFaults, type FaultEvent} from './fault-events';
import {Faults} from './faults';
import type {DrawnLimits} from './extras';
import {finalChecks, isInstalled, type Submission} from './final-checks';
import {projectOf, WHOLE, type Builds} from './host';
import {mendLast, setUp, wearOff} from './operation-rest';
import {submissionOf} from './operations';
import {requestOf} from './requests';
import {RandomFaults} from './random-faults';

/** What a world came to. */
export interface WorldReport {
  readonly drawn: Drawn;
  readonly violations: readonly string[];
  readonly executions: number;
  readonly kills: number;
  /** How often each fault happened, by fault and kind of service call. */
  readonly faults: ReadonlyMap<string, number>;
  readonly events: readonly FaultEvent[];
  /** Whether a job was taken over while its old owner still lived. */
  readonly hasTakeOver: boolean;
  readonly timeline: () => string;
}

/** What a world is made of; by default all that its seed draws. */
export interface Script {
  readonly drawn: Drawn;
  /** Instead of faults by chance. */
  readonly faults?: readonly FaultEvent[];
  /** Whether the timeline has the service calls too. @default false */
  readonly showsCalls?: boolean;
}

const HOUR_MS = 3_600_000;
/** A trigger may be refused only where more than a minute or two were used unseen. */
const SPARE_MINUTES = 2;
const NEWER_KEY = 'AST_JOBS_JOB_~job_0mk0xjmt2_newerjob00~h';
const NEWER_TEXT = '{"v":4,"what":"a job of a later version"}';

/** Runs the world of a seed. */
export function runWorld(seed: number, builds: Builds = WHOLE): WorldReport {
  return runScript({drawn: drawWorld(seed)}, builds);
}

/** Runs a world, or what is left of one. */
export function runScript(script: Script, builds: Builds = WHOLE): WorldReport {
  const {drawn} = script;
  const world = makeWorld(drawn, builds, script.showsCalls ?? false);
  const faults = new Faults(
    script.faults === undefined ? new RandomFaults(drawn, world.nowMs) : scriptedFaults(script.faults),
  );
  const checkers = new Checkers(world, drawn, faults);
  world.onLanded = (call, error) => checkers.landed(call, error);
  setUp(world, drawn);
  world.onCall = (call) => {
    checkers.called(call);
    return faults.call(call);
  };
  faults.arm(world);
  const submissions = play(world, drawn, builds);
  faults.disarm(world);
  world.onCall = (call) => checkers.called(call) as undefined;
  const wrong = comeToRest(world, drawn, builds, checkers);
  wrong.push(...finalChecks(world, drawn, checkers, submissions));
  const report: WorldReport = {
    drawn,
    violations: checkers.violations(wrong),
    executions: world.executions.length,
    kills: world.executions.filter(({end}) => end === 'killed' || end === 'wall').length,
    ...{faults: faults.counts, events: faults.events, hasTakeOver: checkers.jobs.leases.hasTakeOver},
    timeline: () => world.describe(),
  };
  world.close();
  return report;
}

function makeWorld(drawn: Drawn, builds: Builds, history: boolean): World {
  const {seed, hosts, wallMs, jitter, quota, limits, accountMinutes} = drawn;
  const world = new World({
    ...{seed, wallMs, jitter, history},
    projects: hosts.map((host) => projectOf(host, drawn, builds)),
    ...(quota === null ? {} : {dailyQuota: quota}),
    ...platformLimits(limits),
  });
  if (drawn.archive === 'folder') for (const host of hosts) makeFolder(world, host);
  const says = limits ?? {minutes: accountMinutes, operations: null};
  for (const project of hosts) setLimits(world, says, project);
  for (const project of hosts) {
    for (let key = 0; key < drawn.hostKeys; key++)
      world.setProperty('script', `host_${key}`, 'h'.repeat(2_000), {project});
    if (drawn.hasNewerJob) world.setProperty('script', NEWER_KEY, NEWER_TEXT, {project});
    world.call('ownTrigger', [], {user: USERS[0] ?? '', project});
  }
  return world;
}

/** The platform's own limits lie a little above those that the properties say. */
function platformLimits(limits: DrawnLimits | null): Pick<WorldOptions, 'dailyQuota' | 'dailyTriggerMs'> {
  if (limits?.minutes !== null && limits !== null) return {dailyTriggerMs: (limits.minutes + SPARE_MINUTES) * 60_000};
  if (limits === null || limits.operations === null) return {};
  return {dailyQuota: {propertyOperations: limits.operations + 200, bulk: 'one'}};
}

function setLimits(
  world: World,
  {minutes, operations}: Pick<DrawnLimits, 'minutes' | 'operations'>,
  project: string,
): void {
  if (minutes !== null) world.setProperty('script', 'AST_JOBS_DAILY_TRIGGER_MINUTES', String(minutes), {project});
  if (operations !== null)
    world.setProperty('script', 'AST_JOBS_DAILY_PROPERTY_OPERATIONS', String(operations), {project});
}

/** A folder that all users of a host share. */
function makeFolder(world: World, host: string): void {
  const [owner = '', ...editors] = USERS;
  const folder = world.addToDrive(owner, {kind: 'folder', name: `of ${host}`, parentId: null});
  for (const user of editors) folder.editors.add(user);
}

/** Lets users and hosts do what they do, while faults happen. */
function play(world: World, drawn: Drawn, builds: Builds): readonly Submission[] {
  const startMs = world.nowMs;
  const submissions = submitAll(world, drawn, startMs);
  for (const timed of drawn.actions) startCall(world, timed, startMs + timed.atMs);
  const deploys = drawn.actions.filter(({action}) => action.kind === 'deploy').sort((a, b) => a.atMs - b.atMs);
  for (const {action, host, atMs} of deploys) {
    if (action.kind !== 'deploy') continue;
    world.runUntil(startMs + atMs);
    world.deploy(projectOf(host, drawn, builds, action.variant));
  }
  world.runUntil(startMs + FAULTY_MS);
  return submissions;
}

/** Each job by itself, some of them more than once; those of a batch together. */
function submitAll(world: World, {seed, jobs}: Drawn, startMs: number): readonly Submission[] {
  const random = randomStream(seed, 'padding');
  const requests = jobs.map((job) => ({job, request: requestOf(job, random)}));
  const alone = requests.flatMap(({job, request}) => {
    const {user, host: project, isLimited, relations} = job;
    if (relations?.isInBatch === true) return [];
    const args = [submissionOf(job), request, relations?.after ?? []];
    const authMode = isLimited ? 'LIMITED' : 'FULL';
    return [job.atMs, ...(relations?.againMs ?? [])].map((atMs) => ({
      job,
      execution: world.start({fn: 'submit', args, user, project, atMs: startMs + atMs, authMode}),
    }));
  });
  const members = requests.filter(({job}) => job.relations?.isInBatch === true);
  const [first] = members;
  if (first === undefined) return alone;
  const names = members.map(({job}) => job.name);
  const batch = members.map(({job, request}) => ({
    ...request,
    dependencies: (job.relations?.after ?? []).map((name) => names.indexOf(name)).filter((position) => position >= 0),
  }));
  const {user, host: project, atMs} = first.job;
  const execution = world.start({fn: 'submitBatch', args: [batch], user, project, atMs: startMs + atMs});
  return [...alone, ...members.map(({job}) => ({job, execution}))];
}

function startCall(world: World, {action, user, host}: Timed, atMs: number): void {
  if (action.kind === 'deploy') return;
  const args = action.kind === 'job' ? [action.job] : [];
  world.start({fn: action.fn, args, user, project: host, atMs});
}

/** Without faults, and with what only people can put right put right, everything ends by itself. */
function comeToRest(world: World, drawn: Drawn, builds: Builds, checkers: Checkers): string[] {
  const wrong: string[] = [];
  for (const host of drawn.hosts) world.deploy(projectOf(host, drawn, builds));
  // A day that is used up lasts for 24 hours from its first call, and a small one has room for a few items only.
  const horizonMs = drawn.quota === null ? 12 * HOUR_MS : 7 * 24 * HOUR_MS;
  if (drawn.quota !== null) world.runUntil(world.nowMs + 24 * HOUR_MS);
  helpOut(world, drawn);
  wearOff(world, drawn, checkers);
  const comesToRest = (ms: number): boolean => world.runWhile(() => isBusy(world, drawn), ms);
  const waitsFor = (reason: string): boolean => isWaitingFor(world, drawn, reason);
  // Executions of half an hour, stalled one after the other, use up the day's trigger time indeed.
  const quotaMs = (drawn.limits === null ? 36 : 21 * 24) * HOUR_MS;
  // Two hosts share a user's day, of which each counts its own part: what the platform refuses then is refused for a day.
  const mayLast = (): boolean => drawn.limits !== null || waitsFor('quota');
  const isAtRest = comesToRest(horizonMs) || (mayLast() && comesToRest(quotaMs));
  // What only people can let go may have come to that after all of them had looked.
  const isLetGo = (): boolean => {
    if (!waitsFor('dependency') && !waitsFor('user')) return false;
    helpOut(world, drawn);
    return comesToRest(horizonMs);
  };
  if (!isAtRest && !isLetGo())
    wrong.push(
      `promise 1: not at rest: ${world
        .triggers()
        .map(({handler}) => handler)
        .join()}`,
    );
  if (mendLast(world, drawn) && !comesToRest(horizonMs)) wrong.push('promise 1: not at rest after a replay');
  // An execution that is late leaves it to the next pass to tell the end of its job, and a message cools down for minutes.
  if (drawn.hosts.some((project) => isTelling(world, project))) world.runUntil(world.nowMs + HOUR_MS / 2);
  for (const project of drawn.hosts)
    if (drawn.hasNewerJob && world.store('script', {project}).get(NEWER_KEY) !== NEWER_TEXT)
      wrong.push('promise 5: a job of a newer version was touched');
  return wrong;
}

/**
 * What only people can put right: the host's data leave room again, its triggers too; jobs that wait for their user are
 * resumed; where the dispatcher was missing, its users run it once by hand. Twice more, because the lock may still be held
 * by an execution that sleeps, or the day's quota be used up.
 */
function helpOut(world: World, drawn: Drawn): void {
  const done = new Set(drawn.actions.map(({action}) => (action.kind === 'deploy' ? action.variant : action.fn)));
  const {jobs} = drawn;
  const areRelated = jobs.some(({relations, operated}) => relations !== null || (operated?.schedule ?? null) !== null);
  const gapMs = drawn.quota === null ? HOUR_MS : 17 * HOUR_MS;
  for (let round = 0; round < 3; round++) {
    const atMs = world.nowMs + round * gapMs;
    for (const project of drawn.hosts)
      for (const user of USERS) {
        if (done.has('fillStore')) world.start({fn: 'emptyStore', user, project, atMs});
        if (done.has('crowdTriggers')) world.start({fn: 'clearTriggers', user, project, atMs});
        if (done.has('stopAll') || done.has('glueGone'))
          world.start({fn: 'workByHand', user, project, atMs: atMs + 600_000});
      }
    for (const project of areRelated ? drawn.hosts : [])
      for (const [index, user] of USERS.entries())
        world.start({fn: 'letGo', args: [resumedByOthers(drawn)], user, project, atMs: atMs + index * 1_200_000});
    if (!done.has('stopAll')) continue;
    for (const {name, user, host} of drawn.jobs)
      world.start({fn: 'resumeJob', args: [name], user, project: host, atMs});
  }
}

/**
 * Jobs that go on only with their own users' watchdogs, which may have gone while they were paused (docs/design.md): resumed by
 * somebody else than their user or one who has adopted them.
 */
function resumedByOthers({actions, jobs}: Drawn): readonly string[] {
  const usersOf = (name: string, fn: 'resumeJob' | 'adoptJob'): readonly string[] =>
    actions.flatMap(({action, user}) =>
      action.kind === 'job' && action.fn === fn && action.job === name ? [user] : [],
    );
  return jobs
    .filter(({name, user}) => {
      const owners = [user, ...usersOf(name, 'adoptJob')];
      return usersOf(name, 'resumeJob').some((other) => owners.some((owner) => owner !== other));
    })
    .map(({name}) => name);
}

function isWaitingFor(world: World, {hosts}: Drawn, reason: string): boolean {
  const texts = hosts.flatMap((project) => [...world.store('script', {project})]);
  return texts.some(([key, text]) => key.endsWith('~h') && text.includes(`"reason":"${reason}"`));
}

/** Something is still to happen: an execution lives, or a trigger of the dispatcher has something to do. */
function isBusy(world: World, drawn: Drawn): boolean {
  if (world.executions.some(({end}) => end === 'running')) return true;
  const waiting = world.triggers().filter(({handler}) => handler === 'astJobsWorker');
  const isStanding = waiting.every(({project, user}) => drawn.hasNewerJob || isInstalled(drawn, project, user));
  return waiting.length > 0 && !(isStanding && drawn.hosts.every((project) => isAllEnded(world, project)));
}

function isAllEnded(world: World, project: string): boolean {
  return headersOf(world, project).every(isFinal);
}

function isTelling(world: World, project: string): boolean {
  const isCooling = world.store('script', {project}).has('AST_JOBS_ALERTS');
  return isCooling || headersOf(world, project).some(({isEventDue}) => isEventDue);
}

function headersOf(world: World, project: string): readonly Header[] {
  return [...world.store('script', {project})].flatMap(([key, text]) => {
    const decoded = key.endsWith('~h') ? decodeHeader(text) : null;
    return decoded?.kind === 'header' ? [decoded.header] : [];
  });
}
