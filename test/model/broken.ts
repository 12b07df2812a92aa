/** Proof that the model bites: engines that are broken on purpose, each in one place, and how soon they are caught. */
import {bundleOf, engineOf, type Broken} from '../simulation/engines';
import {sequenceOf} from './calls';
import {play} from './play';

export const BROKEN: readonly Broken[] = [
  {
    name: 'dependents of a failed step run',
    file: 'src/core/schedule.ts',
    find: 'plan.node(nodeIndex).deps.every((dep) => ledger.isNodeCompleted(dep))',
    put: '!plan.node(nodeIndex).deps.some((dep) => ledger.hasOpenUnits(dep))',
  },
  {
    name: 'cancel does not end',
    file: 'src/core/transitions.ts',
    find: "phase: {kind: 'canceled', atMs: nowMs}",
    put: "phase: {kind: 'paused', waiting: {reason: 'budget', untilMs: null}}",
  },
  {
    name: 'one retry too many',
    file: 'src/core/retry.ts',
    find: 'failedAttempts <= policy.maxRetries',
    put: 'failedAttempts <= policy.maxRetries + 1',
  },
  {
    name: 'the back-off grows one failure too early',
    file: 'src/core/retry.ts',
    find: 'policy.factor ** (failedAttempts - 1)',
    put: 'policy.factor ** failedAttempts',
  },
  {
    name: 'the list is oldest first',
    file: 'src/core/selection.ts',
    find: 'one.address.id < other.address.id ? -1 : 1',
    put: 'one.address.id < other.address.id ? 1 : -1',
  },
  {
    name: 'completed steps run again after a pause',
    file: 'src/core/transitions.ts',
    find: 'parts[index] = {...part, epoch: part.epoch + 1, lease};',
    put: 'parts[index] = {...part, epoch: part.epoch + 1, lease, log: part.log + 1, position: START};',
  },
  {
    name: 'resume waits for the back-off',
    file: 'src/core/schedule.ts',
    find: 'failed.ordinal > now.forgivenCount && ',
    put: '',
  },
  {
    name: 'stop does not reach a job that runs',
    file: 'src/core/transitions.ts',
    find: 'isHalted: true',
    put: 'isHalted: false',
  },
  {
    name: 'enqueue starts without its grace',
    file: 'src/orchestration/asked.ts',
    find: 'nowMs + ENQUEUE_GRACE_MS',
    put: 'nowMs',
  },
  {
    name: 'pause does not last',
    file: 'src/core/transitions.ts',
    find: "phase: {kind: 'paused', waiting: FOR_USER}, pausedAtMs: nowMs};",
    put: "phase: {kind: 'paused', waiting: {reason: 'budget', untilMs: nowMs}}, pausedAtMs: nowMs};",
  },
  {
    name: 'remove does not ask who waits',
    file: 'src/engine/control.ts',
    find: 'if (dependents.length > 0)',
    put: 'if (dependents.length > 1_000)',
  },
  {
    name: 'a job does not wait for those that it depends on',
    file: 'src/core/dependencies.ts',
    find: "if (state === 'open' || onDependencyFailure === 'wait') waits.push(id);",
    put: "if (state === 'open') continue;\n    if (onDependencyFailure === 'wait') waits.push(id);",
  },
  {
    name: 'an idempotency key does not count',
    file: 'src/engine/duplicates.ts',
    find: 'terms.idempotency.untilMs > nowMs',
    put: 'terms.idempotency.untilMs < nowMs',
  },
  engineOf("dispatcher runs other users' jobs"),
  engineOf('leases are taken before their deadline'),
];

/** Every broken engine must be caught within so many sequences, counted from seed 1. */
const MAX_SEQUENCES = 20;

/** How many sequences it took, and what was seen; `null` if nothing was. */
async function caughtBy(broken: Broken): Promise<{readonly seed: number; readonly what: string} | null> {
  const bundle = await bundleOf(broken);
  for (let seed = 1; seed <= MAX_SEQUENCES; seed++) {
    const {difference} = play(seed, sequenceOf(seed), bundle);
    if (difference !== null) return {seed, what: difference.what};
  }
  return null;
}

/** Prints how each is caught; the number of those that are not. */
export async function catchBroken(): Promise<number> {
  let missed = 0;
  for (const broken of BROKEN) {
    const caught = await caughtBy(broken);
    if (caught === null) missed++;
    const how =
      caught === null
        ? `NOT CAUGHT by ${MAX_SEQUENCES} sequences`
        : `caught by sequence ${caught.seed}: ${caught.what}`;
    console.log(`${broken.name}: ${how}`);
  }
  console.log(`${BROKEN.length - missed} of ${BROKEN.length} broken engines caught`);
  return missed;
}
