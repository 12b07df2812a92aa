/**
 * What the probe learns from an execution that is killed at the time limit, and from one-off triggers. The victim is an
 * execution of the recurring trigger; the executions after it look at its signs of life and at the lock that it holds.
 */

/** The victim gives a sign of life so often; what is timed by it is known no better. */
const AST_PROBE_PULSE_MS = 2000;
/** Some accounts are said to have 30 minutes. Who lives longer is not killed at all. */
const AST_PROBE_LONGEST_LIFE_MS = 1920000;
/** Whoever dies sooner was not killed at a time limit. */
const AST_PROBE_EARLY_MS = 300000;
/** A victim that has given no sign for so long is dead. */
const AST_PROBE_SILENT_MS = 60000;
/** Around these ages of the victim somebody is to wait for its lock at any time: longer than the next beat takes to come. */
const AST_PROBE_KNOWN_LIMITS_MS = [360000, 1800000];
const AST_PROBE_LOCK_WAIT_MS = 80000;

/** Makes one-off triggers, due after so many milliseconds, for the function and for the handler that is a `const`. */
function probeMakeOneOffs_(delaysMs, constDelaysMs) {
  const make = (handler) => (afterMs) => {
    try {
      const uid = ScriptApp.newTrigger(handler).timeBased().after(afterMs).create().getUniqueId();
      return {uid, handler, afterMs, dueMs: Date.now() + afterMs};
    } catch (error) {
      return {uid: null, handler, afterMs, dueMs: Date.now() + afterMs, error: String(error)};
    }
  };
  return delaysMs.map(make('astProbeShot')).concat(constDelaysMs.map(make('astProbeConst')));
}

/** All one-offs that were made, and by whom. */
function probeOneOffs_({parts}) {
  const of = (name, by) => ((parts[name] && parts[name].found) || []).map((one) => Object.assign({by}, one));
  return of('oneOffsByHand', 'hand').concat(of('oneOffsByTrigger', 'trigger'));
}

/** A one-off has fired. A key for each firing, so that a second one is seen. */
function probeFired_(event, startMs) {
  if (!event || !event.triggerUid) return; // Run by hand.
  const store = PropertiesService.getScriptProperties();
  if (store.getProperty(AST_PROBE_KEYS.run) === null) return;
  store.setProperty(`${AST_PROBE_KEYS.fired}${event.triggerUid}~${startMs}`, 'fired');
}

/** Takes the lock and lives until it is killed. An error that ends it early leaves the part to the next execution. */
function probeBeKilled_(store) {
  const none = {token: probeToken_(), firstMs: null, hasLock: false, pulses: 0, backSteps: 0};
  const victim = Object.assign(none, {startMs: AST_PROBE_FIRST.atMs});
  probeTell_(store, victim);
  Utilities.sleep(1000);
  if (JSON.parse(store.getProperty(AST_PROBE_KEYS.victim)).token !== victim.token) return; // Another one is it.
  try {
    victim.hasLock = LockService.getScriptLock().tryLock(10000);
    victim.firstMs = Date.now();
    probeLive_(store, victim);
  } catch (error) {
    const {victim: sign, caught, final} = AST_PROBE_KEYS;
    if (victim.atMs - victim.startMs < AST_PROBE_EARLY_MS)
      [caught, final, sign].forEach((key) => store.deleteProperty(key));
    throw error;
  }
}

/** Gives signs of life, and notes whether anything runs when that is cut off. */
function probeLive_(store, victim) {
  while (victim.atMs - victim.startMs < AST_PROBE_LONGEST_LIFE_MS) {
    const beforeMs = victim.atMs;
    let isWhole = false;
    try {
      Utilities.sleep(AST_PROBE_PULSE_MS);
      probeTell_(store, victim);
      isWhole = true;
    } catch (error) {
      store.setProperty(AST_PROBE_KEYS.caught, JSON.stringify({atMs: Date.now(), error: String(error)}));
    } finally {
      if (!isWhole) store.setProperty(AST_PROBE_KEYS.final, JSON.stringify({atMs: Date.now()}));
    }
    if (store.getProperty(AST_PROBE_KEYS.run) === null) {
      store.deleteProperty(AST_PROBE_KEYS.victim); // Cleaned up by hand: then there is nothing to die for.
      return;
    }
    victim.pulses++;
    if (victim.atMs < beforeMs) victim.backSteps++;
  }
  victim.hasSurvived = true;
  probeTell_(store, victim);
}

function probeTell_(store, victim) {
  victim.atMs = Date.now();
  store.setProperty(AST_PROBE_KEYS.victim, JSON.stringify(victim));
}

/** The last sign that the victim gave. */
function probeLastSignMs_({victim, caught, final}) {
  return Math.max(victim.atMs, caught === null ? 0 : caught.atMs, final === null ? 0 : final.atMs);
}

function probeIsDead_(state) {
  return state.victim.hasSurvived === true || state.nowMs - probeLastSignMs_(state) > AST_PROBE_SILENT_MS;
}

/** Who got the lock first behind the victim's last sign, or null. */
function probeFirstGot_(state) {
  const lastMs = probeLastSignMs_(state);
  const got = state.watches.filter(({gotMs}) => gotMs !== null && gotMs > lastMs);
  return got.sort((one, other) => one.gotMs - other.gotMs)[0] || null;
}

/** Whether the victim may still live, or its lock may still be freed. */
function probeIsToWatch_(state) {
  if (!probeIsDead_(state)) return true;
  const watchedMs = state.nowMs - probeLastSignMs_(state);
  return state.victim.hasLock && probeFirstGot_(state) === null && watchedMs < AST_PROBE_LOST_MS;
}

/** Reads the victim's clock beside the own one, and asks for the lock: at once, or waiting where it may be freed. */
function probeWatch_(store, state) {
  const startMs = Date.now();
  const watch = {readings: [], askedMs: null, gotMs: null, refusedMs: null};
  for (let i = 0; i < 3; i++) {
    const beforeMs = Date.now();
    const {atMs} = JSON.parse(store.getProperty(AST_PROBE_KEYS.victim));
    watch.readings.push([beforeMs, atMs, Date.now()]);
    Utilities.sleep(700);
  }
  const ageMs = startMs - state.victim.startMs;
  const isNear = AST_PROBE_KNOWN_LIMITS_MS.some((limitMs) => Math.abs(ageMs - limitMs) < AST_PROBE_LOCK_WAIT_MS);
  const lock = LockService.getScriptLock();
  watch.askedMs = Date.now();
  const isGot = lock.tryLock(isNear ? AST_PROBE_LOCK_WAIT_MS : 1000);
  watch[isGot ? 'gotMs' : 'refusedMs'] = Date.now();
  if (isGot) lock.releaseLock();
  store.setProperty(`${AST_PROBE_KEYS.watch}${startMs}~${probeToken_()}`, JSON.stringify(watch));
}
