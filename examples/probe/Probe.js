/**
 * A probe of Apps Script: finds out, in a project of yours, what Google documents nowhere and AST.Jobs has to know. How
 * to run it, what it touches and what it costs: docs/probe.md. This file has what a person runs and what triggers call;
 * Measure.js has what is measured at once, Kill.js what takes a kill and one-off triggers, Report.js the answers.
 *
 * Run `probe` once, and again to see how far it is. `probeCleanUp` takes everything away at any time.
 *
 * P1 a key is written by one execution only, so that no lock is needed, which is measured itself. P2 whatever execution
 * is killed, the recurring trigger goes on; it is deleted last. P3 only keys that begin with `AST_PROBE_` and triggers of
 * the three handlers are touched.
 */

/** What could disturb a script that is in use is off. docs/probe.md says what each of them does. */
const AST_PROBE_OPTIONS = {fillStore: false, burnQuota: false, dailyQuota: 50000};

const AST_PROBE_PREFIX = 'AST_PROBE_';
const AST_PROBE_KEYS = {
  run: 'AST_PROBE_RUN',
  hand: 'AST_PROBE_HAND',
  end: 'AST_PROBE_END',
  part: 'AST_PROBE_PART~',
  beat: 'AST_PROBE_BEAT~',
  fired: 'AST_PROBE_FIRED~',
  watch: 'AST_PROBE_WATCH~',
  victim: 'AST_PROBE_VICTIM',
  caught: 'AST_PROBE_CAUGHT',
  final: 'AST_PROBE_FINAL',
  fill: 'AST_PROBE_FILL~',
};
const AST_PROBE_HANDLERS = ['astProbeShot', 'astProbeConst', 'astProbeBeat'];

const AST_PROBE_MINUTE_MS = 60000;
/** An execution that began so long ago and has not said that it ended was killed. */
const AST_PROBE_DEAD_MS = 8 * AST_PROBE_MINUTE_MS;
/** A trigger that is so late is lost; a lock that is held so long after a kill is not freed. */
const AST_PROBE_LOST_MS = 15 * AST_PROBE_MINUTE_MS;
/** With fewer firings the jitter of the recurring trigger says little. */
const AST_PROBE_LEAST_BEATS = 12;
/** But no probe takes longer than this for their sake. */
const AST_PROBE_PATIENCE_MS = 30 * AST_PROBE_MINUTE_MS;

/** With the other stamp, in Report.js, what the files between the two take to load, if Apps Script keeps their order. */
const AST_PROBE_FIRST = {atMs: Date.now(), hasAst: typeof AST !== 'undefined'};

/** Starts the probe, or tells how far it is. Run it from the editor. */
function probe() {
  const store = PropertiesService.getScriptProperties();
  const known = probeState_(store);
  if (known.run !== null) {
    probePrint_(probeObserved_(known, null));
    console.log('The probe is not finished. If nothing changes for ten minutes, run probeCleanUp and begin again.');
    return;
  }
  probeRemove_(store);
  store.setProperty(AST_PROBE_KEYS.run, JSON.stringify({startMs: Date.now()}));
  try {
    ScriptApp.newTrigger('astProbeBeat').timeBased().everyMinutes(1).create();
  } catch (error) {
    store.deleteProperty(AST_PROBE_KEYS.run);
    throw error;
  }
  probeRunParts_(store, probePartsByHand_());
  store.setProperty(AST_PROBE_KEYS.hand, JSON.stringify({atMs: Date.now()}));
  console.log(
    'Measured. The rest goes on by triggers: in a quarter of an hour or later, see the last astProbeBeat under Executions.',
  );
}

/** Ends the probe and takes away all of its keys and triggers. */
function probeCleanUp() {
  probeRemove_(PropertiesService.getScriptProperties());
  console.log('The probe is gone.');
}

/** What the recurring trigger calls: each execution does the one thing that is next. */
function astProbeBeat() {
  const startMs = Date.now();
  const store = PropertiesService.getScriptProperties();
  if (store.getProperty(AST_PROBE_KEYS.run) === null) {
    probeRemove_(store);
    return;
  }
  const key = `${AST_PROBE_KEYS.beat}${startMs}~${probeToken_()}`;
  const beat = {startMs, loadMs: AST_PROBE_LAST.atMs - AST_PROBE_FIRST.atMs, endMs: null};
  store.setProperty(key, JSON.stringify(beat));
  const state = probeState_(store);
  if (state.end !== null && startMs - state.end.atMs < AST_PROBE_DEAD_MS) {
    store.deleteProperty(key); // Another execution is about to remove everything.
    return;
  }
  try {
    if (probeGoOn_(store, state, key)) return;
  } catch (error) {
    console.log(`${error}: the next execution tries again.`); // Thrown, it would be mailed to the owner.
  }
  store.setProperty(key, JSON.stringify(Object.assign(beat, {endMs: Date.now()})));
  if (store.getProperty(AST_PROBE_KEYS.run) === null) probeRemove_(store); // Cleaned up by hand meanwhile.
}

/** What one-off triggers call. */
function astProbeShot(event) {
  probeFired_(event, Date.now());
}

/** Whether triggers find a handler that is no property of the global object. */
const astProbeConst = (event) => probeFired_(event, Date.now());

/** Does what is next; true if nothing of the probe is left. */
function probeGoOn_(store, state, key) {
  const {run, hand, end, parts, nowMs} = state;
  if (end !== null && end.isPrinted) {
    probeRemove_(store);
    return true;
  }
  // The execution by hand is at its measurements, which others would disturb.
  if (hand === null && nowMs - run.startMs < AST_PROBE_DEAD_MS) return false;
  const missing = probePartsByHand_()
    .concat('oneOffsByTrigger')
    .filter((name) => parts[name] === undefined);
  if (missing.length > 0) probeRunParts_(store, missing);
  else if (state.victim === null) probeBeKilled_(store);
  else if (probeIsToWatch_(state)) probeWatch_(store, state);
  else if (probeIsComplete_(state, key)) return probeFinish_(store, key);
  return false;
}

function probePartsByHand_() {
  const optional = AST_PROBE_OPTIONS.fillStore ? ['store'] : [];
  const calls = ['properties', 'lockCalls', 'triggerCalls', 'otherCalls'];
  return ['handles', 'locks', 'document', 'reach', 'values'].concat(optional, calls, 'oneOffsByHand');
}

function probePart_(name, store) {
  switch (name) {
    case 'handles':
      return probeHandles_();
    case 'locks':
      return probeLocks_();
    case 'document':
      return probeDocument_();
    case 'reach':
      return probeReach_(store);
    case 'values':
      return probeValues_(store);
    case 'store':
      return probeStore_(store);
    case 'properties':
      return probeProperties_(store);
    case 'lockCalls':
      return probeLockCalls_();
    case 'triggerCalls':
      return probeTriggerCalls_();
    case 'otherCalls':
      return probeOtherCalls_();
    case 'oneOffsByHand':
      return probeMakeOneOffs_([1, 30000, 60000, 60000, 120000], [60000]);
    case 'oneOffsByTrigger':
      return probeMakeOneOffs_([1, 10000, 30000, 60000, 60000, 120000], []);
    default:
      throw new Error(`The probe has no part ${name}.`);
  }
}

/** Runs each part once. That it began is written before, so that a kill is seen. */
function probeRunParts_(store, names) {
  for (const name of names) {
    const key = AST_PROBE_KEYS.part + name;
    const part = {state: 'begun', beganMs: Date.now()};
    store.setProperty(key, JSON.stringify(part));
    try {
      part.found = probePart_(name, store);
      part.state = 'done';
    } catch (error) {
      part.error = String(error);
      part.state = 'failed';
    }
    store.setProperty(key, JSON.stringify(part));
  }
}

/** Everything that the probe has written, read in one call. */
function probeState_(store) {
  const all = store.getProperties();
  const one = (key) => (all[key] === undefined ? null : JSON.parse(all[key]));
  const names = (prefix) => Object.keys(all).filter((key) => key.startsWith(prefix));
  const {run, hand, end, part, beat, fired, watch, victim, caught, final} = AST_PROBE_KEYS;
  const state = {nowMs: Date.now(), parts: {}, beats: {}, fired: {}};
  names(part).forEach((key) => (state.parts[key.slice(part.length)] = one(key)));
  names(beat).forEach((key) => (state.beats[key] = one(key)));
  for (const key of names(fired)) {
    const [uid, atMs] = key.slice(fired.length).split('~');
    state.fired[uid] = (state.fired[uid] || []).concat(Number(atMs));
  }
  const watches = names(watch).map(one);
  const single = {run: one(run), hand: one(hand), end: one(end)};
  return Object.assign(state, single, {watches, victim: one(victim), caught: one(caught), final: one(final)});
}

/** Whether all that is awaited has happened or will not happen any more, and no other execution is at work. */
function probeIsComplete_(state, ownKey) {
  const {nowMs, run, beats} = state;
  const isOpen = (one) =>
    one.uid !== null && state.fired[one.uid] === undefined && nowMs < one.dueMs + AST_PROBE_LOST_MS;
  if (probeOneOffs_(state).some(isOpen) || probeOthers_(state, ownKey).length > 0) return false;
  return Object.keys(beats).length >= AST_PROBE_LEAST_BEATS || nowMs - run.startMs > AST_PROBE_PATIENCE_MS;
}

/** Beats that are still alive, as far as one can know. */
function probeOthers_({beats, nowMs}, ownKey) {
  return Object.keys(beats).filter(
    (key) => key !== ownKey && beats[key].endMs === null && nowMs - beats[key].startMs < AST_PROBE_DEAD_MS,
  );
}

/**
 * Prints the answers and removes everything; true if it did. Two beats may get here at once. Each has written its own key
 * before, so that the one that looks last after its claim sees the other, and whoever begins later sees the claim.
 */
function probeFinish_(store, key) {
  const claim = {token: key, atMs: Date.now()};
  store.setProperty(AST_PROBE_KEYS.end, JSON.stringify(claim));
  Utilities.sleep(1000);
  const state = probeState_(store);
  if (state.end === null || state.end.token !== key) return false;
  if (probeOthers_(state, key).length > 0) {
    store.deleteProperty(AST_PROBE_KEYS.end);
    return false;
  }
  const observed = probeObserved_(
    state,
    probeTriggers_().map((trigger) => trigger.getUniqueId()),
  );
  if (AST_PROBE_OPTIONS.burnQuota) {
    // Behind a quota that is used up nothing can be read, and beats would fail until the next day.
    probeTriggers_().forEach((trigger) => ScriptApp.deleteTrigger(trigger));
    observed.bulk = probeBurn_(store);
  }
  probePrint_(observed);
  try {
    store.setProperty(AST_PROBE_KEYS.end, JSON.stringify(Object.assign(claim, {isPrinted: true})));
    probeRemove_(store);
  } catch (error) {
    console.log(`Keys of the probe are left (${error}): run probeCleanUp, tomorrow if the quota is used up.`);
  }
  return true;
}

/** The probe's own triggers, the recurring one last. */
function probeTriggers_() {
  const order = (trigger) => AST_PROBE_HANDLERS.indexOf(trigger.getHandlerFunction());
  return ScriptApp.getProjectTriggers()
    .filter((trigger) => order(trigger) >= 0)
    .sort((one, other) => order(one) - order(other));
}

/** Removes everything. While the key of the run is there, beats take the claim into account, so these two go last. */
function probeRemove_(store) {
  const {run, end} = AST_PROBE_KEYS;
  const rank = (key) => [run, end].indexOf(key);
  // A one-off that fires meanwhile may have written one more key.
  for (let round = 0; round < 3; round++) {
    const keys = store.getKeys().filter((key) => key.startsWith(AST_PROBE_PREFIX));
    if (keys.length === 0) break;
    keys.sort((one, other) => rank(one) - rank(other)).forEach((key) => store.deleteProperty(key));
  }
  const document = PropertiesService.getDocumentProperties();
  if (document !== null) document.deleteProperty(AST_PROBE_PREFIX + 'DOCUMENT');
  CacheService.getScriptCache().remove(AST_PROBE_PREFIX + 'CACHE');
  probeTriggers_().forEach((trigger) => ScriptApp.deleteTrigger(trigger));
}

function probeToken_() {
  return String(Math.floor(Math.random() * 1e9));
}
