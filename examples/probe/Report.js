/**
 * The answers of the probe: what follows from what its executions have written, as an object, as a table, and as one line
 * of JSON. `test/simulator/observed.ts` reads that JSON and sets the simulator to it. What is not known is null.
 */

/** The second stamp of two: see the first in Probe.js. */
const AST_PROBE_LAST = {atMs: Date.now(), hasAst: typeof AST !== 'undefined'};

/** `listed` are the ids of the probe's triggers that the script still lists, null while the probe goes on. */
function probeObserved_(state, listed) {
  const {run, parts, nowMs} = state;
  const found = (name) => (parts[name] !== undefined && parts[name].state === 'done' ? parts[name].found : null);
  const calls = ['properties', 'lockCalls', 'triggerCalls', 'otherCalls'].map((name) => found(name) || {});
  const kill = probeKill_(state);
  return {
    format: 1,
    startedAt: new Date(run.startMs).toISOString(),
    tookMs: nowMs - run.startMs,
    parts: probePartStates_(state),
    kill,
    lock: probeLock_(state, found('locks'), kill),
    oneOffs: probeOneOffs_(state).map((one) => probeOneOff_(state, one, listed)),
    recurring: probeRecurring_(state),
    handles: found('handles'),
    document: found('document'),
    reach: found('reach'),
    values: found('values'),
    store: found('store'),
    calls: Object.assign({}, ...calls),
    load: probeLoad_(state),
    clock: probeClock_(state),
    bulk: null,
  };
}

/** What became of each part. One that began long ago and did not end was killed, which is an answer, too. */
function probePartStates_({parts, nowMs}) {
  const states = {};
  for (const name of Object.keys(parts)) {
    const {state, beganMs, error} = parts[name];
    const isKilled = state === 'begun' && nowMs - beganMs > AST_PROBE_DEAD_MS;
    states[name] = isKilled ? 'killed' : error === undefined ? state : `${state}: ${error}`;
  }
  return states;
}

/** How long the victim lived, and whether anything of it ran afterwards. */
function probeKill_(state) {
  const {victim, caught, final} = state;
  if (victim === null || !probeIsDead_(state)) return null;
  // An error long before the last sign of life was a bad moment of the service.
  const isLast = (note) => note !== null && probeLastSignMs_(state) - note.atMs < AST_PROBE_SILENT_MS;
  const lastMs = probeLastSignMs_(state);
  const cutMs = Math.min(isLast(caught) ? caught.atMs : lastMs, isLast(final) ? final.atMs : lastMs);
  return {
    livedMs: cutMs - victim.startMs,
    resolutionMs: isLast(caught) || isLast(final) || victim.pulses === 0 ? 0 : probePulseMs_(victim),
    survived: victim.hasSurvived === true,
    catchRan: isLast(caught),
    finallyRan: isLast(final),
    graceMs: isLast(caught) || isLast(final) ? lastMs - cutMs : 0,
    error: isLast(caught) ? caught.error : null,
  };
}

/** Whether two Lock objects and two executions exclude each other, and between which times after the kill it was freed. */
function probeLock_(state, own, kill) {
  const {victim} = state;
  const lock = {isOneObject: null, excludesOwn: null, excludesOthers: null, freedAfterKill: null};
  Object.assign(lock, {heldMs: null, freedMs: null});
  if (own !== null) Object.assign(lock, {isOneObject: own.isOneObject, excludesOwn: own.excludesOwn});
  if (victim === null || !victim.hasLock) return lock;
  const lastMs = probeLastSignMs_(state);
  // Some may have looked before it had the lock, or at a victim before it.
  const watches = state.watches.filter(({askedMs}) => askedMs > victim.firstMs);
  const asked = watches.filter(({askedMs}) => askedMs < lastMs);
  if (asked.length > 0) lock.excludesOthers = asked.every(({gotMs}) => gotMs === null || gotMs > lastMs);
  if (kill === null || kill.survived || lock.excludesOthers === false) return lock;
  const first = probeFirstGot_(state);
  const refused = watches.filter(({refusedMs}) => refusedMs !== null && (first === null || refusedMs < first.gotMs));
  // Who waited for it got it when it was freed; before that it was held.
  const isExact = first !== null && first.gotMs - first.askedMs > 1000;
  const heldToMs = isExact ? first.gotMs : Math.max(lastMs, ...refused.map(({refusedMs}) => refusedMs));
  lock.freedAfterKill = first !== null;
  lock.heldMs = Math.max(0, heldToMs - lastMs - kill.resolutionMs);
  lock.freedMs = first === null ? null : first.gotMs - lastMs;
  return lock;
}

function probeOneOff_({fired, nowMs}, {by, uid, handler, afterMs, dueMs, error}, listed) {
  const times = (uid !== null && fired[uid]) || [];
  const one = {by, handler, afterMs, isMade: uid !== null, firings: times.length, lagMs: null, isListed: null};
  if (times.length > 0) one.lagMs = Math.min(...times) - dueMs;
  else if (uid !== null) one.overdueMs = nowMs - dueMs;
  if (times.length > 0 && listed !== null) one.isListed = listed.includes(uid);
  if (error !== undefined) one.error = error;
  return one;
}

/** How even the recurring trigger is: half the spread around its grid of minutes. */
function probeRecurring_({run, beats}) {
  const times = Object.keys(beats)
    .map((key) => beats[key].startMs)
    .sort((one, other) => one - other);
  if (times.length < 2) return null;
  const offsets = times.map((atMs) => {
    const sinceMs = atMs - times[0];
    return sinceMs - AST_PROBE_MINUTE_MS * Math.round(sinceMs / AST_PROBE_MINUTE_MS);
  });
  const gaps = times.slice(1).map((atMs, index) => atMs - times[index]);
  return {
    firings: times.length,
    firstMs: times[0] - run.startMs,
    jitterMs: Math.round((Math.max(...offsets) - Math.min(...offsets)) / 2),
    longestGapMs: Math.max(...gaps),
  };
}

/** What lies between the first and the last file of the probe: with AST between them, what it takes to load. */
function probeLoad_({beats}) {
  const times = Object.keys(beats).map((key) => beats[key].loadMs);
  return {
    hasAst: AST_PROBE_LAST.hasAst,
    isBetween: AST_PROBE_LAST.hasAst && !AST_PROBE_FIRST.hasAst,
    ms: probeSpread_(times),
  };
}

/** How far apart its signs of life were. */
function probePulseMs_({atMs, firstMs, pulses}) {
  return Math.round((atMs - firstMs) / pulses);
}

/**
 * By how much the clocks of two executions that overlapped differ at the least. A sign of life is read after it was
 * written, and no later than until the next one: what is beyond that is due to the clocks.
 */
function probeClock_({victim, watches}) {
  if (victim === null || victim.pulses < 2) return null;
  const readings = [].concat(...watches.map((watch) => watch.readings)).filter(([, atMs]) => atMs < victim.atMs);
  if (readings.length === 0) return null;
  const pulseMs = probePulseMs_(victim);
  const leastMs = Math.min(...readings.map(([, atMs, afterMs]) => afterMs - atMs));
  const mostMs = Math.max(...readings.map(([beforeMs, atMs]) => beforeMs - atMs));
  const skewMs = Math.max(0, -leastMs, mostMs - 2 * pulseMs);
  return {readings: readings.length, leastMs, mostMs, pulseMs, skewMs, backSteps: victim.backSteps};
}

function probePrint_(observed) {
  const rows = probeRows_(observed);
  const width = Math.max(...rows.map(([question]) => question.length));
  console.log(rows.map(([question, answer]) => `${question.padEnd(width)}  ${answer}`).join('\n'));
  console.log(JSON.stringify(observed));
}

/** Question and answer in words. */
function probeRows_(observed) {
  const {startedAt, tookMs, calls, parts} = observed;
  const rows = [['AST.Jobs probe, format 1', `${startedAt}, ${probeSeconds_(tookMs)}`]].concat(
    probeKillRows_(observed),
    probeTriggerRows_(observed),
    probeServiceRows_(observed),
    probeReachRows_(observed),
  );
  for (const name of Object.keys(calls)) {
    const [median, most95, longest, count, errors] = calls[name];
    rows.push([`ms of ${name}`, `${median}, 95 % ${most95}, longest ${longest} (${count} calls, ${errors} errors)`]);
  }
  for (const name of Object.keys(parts)) if (parts[name] !== 'done') rows.push([`part ${name}`, parts[name]]);
  return rows.map(([question, answer]) => [question, answer === null ? 'not known' : answer]);
}

function probeKillRows_({kill, lock, clock}) {
  const rows = [];
  if (kill === null) rows.push(['time limit', null]);
  else {
    const {livedMs, resolutionMs, survived, catchRan, finallyRan, graceMs, error} = kill;
    const range = `${probeSeconds_(livedMs)} to ${probeSeconds_(livedMs + resolutionMs)}`;
    rows.push(
      ['time limit', survived ? `none within ${probeSeconds_(livedMs)}` : range],
      ['catch runs at the kill', probeYes_(catchRan) + (error === null ? '' : `: ${error}`)],
      ['finally runs at the kill', probeYes_(finallyRan)],
      ['what runs then goes on for', probeSeconds_(graceMs)],
    );
  }
  const {freedAfterKill, heldMs, freedMs, excludesOthers, excludesOwn} = lock;
  const range = `${probeSeconds_(heldMs)} to ${probeSeconds_(freedMs)}`;
  const isFreed = freedAfterKill ? `yes, after ${range}` : `no, not in ${probeSeconds_(heldMs)}`;
  rows.push(
    ['lock is freed after the kill', freedAfterKill === null ? null : isFreed],
    ['lock excludes other executions', probeYes_(excludesOthers)],
    ['lock excludes a second Lock object', probeYes_(excludesOwn)],
  );
  if (clock === null) return rows.concat([['clocks that overlap differ by', null]]);
  const {skewMs, backSteps, leastMs, mostMs} = clock;
  const ages = `signs of life were ${leastMs} to ${mostMs} ms old`;
  return rows.concat([['clocks that overlap differ by', `at least ${skewMs} ms, ${backSteps} steps back; ${ages}`]]);
}

function probeServiceRows_({handles, document, values, store, bulk, load}) {
  const rows = [];
  const row = (question, known, answer) => rows.push([question, known === null ? null : answer(known)]);
  row('getScriptProperties is one object', handles, ({isOneObject}) => probeYes_(isOneObject));
  row('  of the own realm', handles, ({isOwnRealm}) => probeYes_(isOwnRealm));
  row('document properties, lock', document, (found) => `${probeYes_(found.properties)}, ${probeYes_(found.lock)}`);
  row('longest value', values, ({limitBytes, triedBytes, message}) =>
    limitBytes === null ? `more than ${triedBytes}` : `${limitBytes}: ${message}`,
  );
  row('  its key counts', values, ({keyCounts}) => probeYes_(keyCounts));
  row('  it is counted in bytes', values, ({inBytes}) => probeYes_(inBytes));
  const amount = store === null ? 'not asked for' : `${store.limitBytes || 'more than was tried'}: ${store.message}`;
  rows.push(['store holds', amount]);
  rows.push(['bulk read, bulk write count', bulk === null ? 'not asked for' : probeBulk_(bulk)]);
  const [median, most95] = load.ms;
  const isThere = load.hasAst ? 'not between the two files' : 'not there';
  rows.push(['loading AST', load.isBetween ? `${median} ms, 95 % ${most95} ms` : isThere]);
  return rows;
}

function probeTriggerRows_({oneOffs, recurring}) {
  const text = ({isMade, lagMs, firings, overdueMs}) => {
    if (!isMade) return 'refused';
    if (firings === 0) return `not fired, overdue ${probeSeconds_(overdueMs)}`;
    return probeSeconds_(lagMs) + (firings > 1 ? ` (${firings} times)` : '');
  };
  const rows = ['hand', 'trigger'].map((by) => {
    const made = oneOffs.filter((one) => one.by === by);
    const answers = made.map((one) => `${probeSeconds_(one.afterMs)}: ${text(one)}`);
    return [`lag of one-offs made by ${by === 'hand' ? 'hand' : 'a trigger'}`, answers.join(', ') || null];
  });
  rows.push(['those made by a trigger are born disabled', probeYes_(probeBornDisabled_(oneOffs))]);
  const fired = oneOffs.filter(({isListed}) => isListed !== null);
  const count = fired.filter(({isListed}) => isListed).length;
  rows.push(['fired one-offs stay listed', fired.length === 0 ? null : `${count} of ${fired.length}`]);
  const constant = oneOffs.filter(({handler}) => handler === 'astProbeConst');
  const isFound = constant.length === 0 ? null : constant.some(({firings}) => firings > 0);
  rows.push(['triggers find a const handler', probeYes_(isFound)]);
  if (recurring === null) return rows.concat([['recurring trigger, every minute', null]]);
  const {firings, jitterMs, longestGapMs} = recurring;
  const gap = `longest gap ${probeSeconds_(longestGapMs)}`;
  return rows.concat([['recurring trigger, every minute', `${firings} firings, ±${jitterMs} ms, ${gap}`]]);
}

/** Whether none that a trigger made has fired, while some that were made by hand did; null while they may still fire. */
function probeBornDisabled_(oneOffs) {
  const nested = oneOffs.filter(({by, isMade}) => by === 'trigger' && isMade);
  if (nested.some(({firings}) => firings > 0)) return false;
  const isControlled = oneOffs.some(({by, firings}) => by === 'hand' && firings > 0);
  return nested.length > 0 && isControlled && nested.every(({overdueMs}) => overdueMs >= AST_PROBE_LOST_MS)
    ? true
    : null;
}

function probeReachRows_({reach}) {
  if (reach === null) return [['way into the host', null]];
  const title = reach.hasLibrary ? 'from a library' : 'no library ASTProbeLibrary; within the script';
  return [
    [`way into the host, ${title}`, probeYes_(reach.global)],
    ['  library is another realm', probeYes_(reach.isOtherRealm)],
    ['  finds a const', probeYes_(reach.constant)],
    ['  finds the properties of the host', probeYes_(reach.properties)],
    ['  services are properties of the global', probeYes_(reach.isServiceProperty)],
    ['  own store is that of the host', probeYes_(reach.ownStoreIsHosts)],
  ];
}

function probeBulk_({get, set}) {
  return [get, set].map(({counts, calls}) => `${counts} (${calls} calls)`).join(', ');
}

function probeYes_(value) {
  return value === null ? 'not known' : value ? 'yes' : 'no';
}

function probeSeconds_(ms) {
  return ms === null || ms === undefined ? 'not known' : `${(ms / 1000).toFixed(1)} s`;
}
