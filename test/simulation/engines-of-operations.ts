/** Engines that are broken on purpose in what operations.ts and relations.ts draw: schedules, limits, events, letters, jobs together. */
import type {Broken} from './engines';

export const WITH_OPERATIONS: readonly Broken[] = [
  {
    name: 'a child does not look at its parents',
    file: 'src/engine/dependencies.ts',
    find: 'terms.dependencies.length === 0\n',
    put: 'terms.dependencies.length >= 0\n',
  },
  {
    name: 'what was accepted together is not finished by the next hold',
    file: 'src/engine/hold.ts',
    find: '    finishIntents(hold);\n',
    put: '',
  },
  {
    name: 'the header of an old job goes before its parts',
    file: 'src/engine/finished.ts',
    find: 'if (isLarge && job.header.folded === null && !foldJob(hold, job, budget)) return false;\n  return removeSome(hold, [...keysBesideHeader(hold, job.address), headerKey(job.address)], budget);',
    put: 'return isLarge || true ? removeSome(hold, [headerKey(job.address), ...keysBesideHeader(hold, job.address)], budget) : true;',
  },
  {
    name: 'a key is forgotten once its job has started',
    file: 'src/engine/duplicates.ts',
    find: 'readableJobs(snapshot).find(({header: {terms}}) => {\n    return terms',
    put: 'readableJobs(snapshot).find(({header: {terms, startedAtMs}}) => {\n    return startedAtMs === null && terms',
  },
  {
    name: 'a time that has its job is fired again',
    file: 'src/engine/firing.ts',
    find: 'prepareJob(ports, hold, candidate, firingJobId(schedule, atMs))',
    put: 'prepareJob(ports, hold, candidate, firingJobId({...schedule, createdAtMs: hold.nowMs}, atMs))',
  },
  {
    name: 'a paused schedule fires',
    file: 'src/engine/firing.ts',
    find: 'for (const schedule of schedulesOf(hold.snapshot, owner)) {\n',
    put:
      'for (const stored of schedulesOf(hold.snapshot, owner)) {\n    const schedule = stored.isEnabled ? stored : ' +
      '{...stored, isEnabled: true, nextAtMs: nextFiringMs(stored.timetable, stored.updatedAtMs)};\n',
  },
  {
    name: 'a schedule skips nothing',
    file: 'src/engine/firing.ts',
    find: "return overlap === 'allow' || overlap === 'cancel' ||",
    put: "return overlap === 'allow' || overlap === 'cancel' || overlap === 'skip' ||",
  },
  {
    name: 'a time that has to wait is forgotten',
    file: 'src/engine/firing.ts',
    find: 'this.owed.push(atMs);',
    put: 'this.skipped++;',
  },
  {
    name: 'a unit of a limit is not counted',
    file: 'src/engine/rate-limits.ts',
    find: 'purse.left--;',
    put: '',
  },
  {
    name: 'units are good beyond their window',
    file: 'src/engine/rate-limits.ts',
    find: ' || nowMs >= purse.reservation.untilMs',
    put: '',
  },
  {
    name: 'an end that a killed execution did not tell is not told',
    file: 'src/engine/attention.ts',
    find: "if (reading.kind !== 'job') continue;",
    put: 'continue;',
  },
  {
    name: 'a replay keeps nothing of what was completed',
    file: 'src/engine/replay.ts',
    find: 'const kept = outcomesToKeep(outcomes, ledger);',
    put: 'const kept = outcomesToKeep(outcomes, ledger).slice(0, 0);',
  },
  {
    name: 'a new line of a log comes before older ones',
    file: 'src/core/notes.ts',
    find: 'lines: [...before.lines, {...line, atMs}]',
    put: 'lines: [{...line, atMs}, ...before.lines]',
  },
];
