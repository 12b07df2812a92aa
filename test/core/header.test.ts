import {
  isFinal,
  isLeased,
  partAt,
  statusOf,
  waitsForUser,
  type Header,
  type Part,
  type Phase,
} from '../../src/core/header';
import {jobOf, LEASE} from '../support/stored';

const {header: OPEN} = jobOf({});

const PHASES: Readonly<Record<Phase['kind'], Phase>> = {
  queued: {kind: 'queued', dueMs: 0},
  running: {kind: 'running'},
  paused: {kind: 'paused', waiting: {reason: 'budget', untilMs: null}},
  completed: {kind: 'completed', atMs: 0},
  failed: {kind: 'failed', atMs: 0},
  canceled: {kind: 'canceled', atMs: 0},
};

const inPhase = (kind: Phase['kind'], fields: Partial<Header> = {}): Header => ({
  ...OPEN,
  phase: PHASES[kind],
  ...fields,
});

test('a job is final when it is completed, failed or canceled', () => {
  const final = Object.values(PHASES).filter(({kind}) => isFinal(inPhase(kind)));
  expect(final.map(({kind}) => kind)).toEqual(['completed', 'failed', 'canceled']);
});

test('a job is leased as long as any part of it is, up to the instant of the deadline', () => {
  const free: Part = {...partAt(OPEN, 0), lease: null};
  const leased: Part = {...free, lease: LEASE};
  const before = LEASE.untilMs - 1;
  expect(isLeased({...OPEN, parts: [leased]}, before)).toBe(true);
  expect(isLeased({...OPEN, parts: [leased]}, LEASE.untilMs)).toBe(false);
  expect(isLeased({...OPEN, parts: [free, leased]}, before)).toBe(true);
  expect(isLeased({...OPEN, parts: [free]}, before)).toBe(false);
});

test('a job whose owner was asked to stop is shown as paused, and waits for its user', () => {
  for (const kind of Object.keys(PHASES) as Phase['kind'][]) {
    expect(statusOf(inPhase(kind))).toBe(kind);
    expect(statusOf(inPhase(kind, {isHalted: true}))).toBe(kind === 'running' ? 'paused' : kind);
    expect(waitsForUser(inPhase(kind))).toBe(false);
    expect(waitsForUser(inPhase(kind, {isHalted: true}))).toBe(kind === 'running');
  }
});

test('a job that was stopped waits for its user, and for no other reason', () => {
  for (const reason of ['user', 'budget', 'retry', 'store', 'handler'] as const) {
    const header = inPhase('paused', {phase: {kind: 'paused', waiting: {reason, untilMs: null}}});
    expect(waitsForUser(header)).toBe(reason === 'user');
  }
});

test('a part that a header has not is a mistake that is named', () => {
  expect(() => partAt({...OPEN, parts: []}, 0)).toThrow('part 0 of 0');
});
