/**
 * What the probe measures at once: handles, locks, limits, the way from a library into its host, and what calls take.
 * Each part is called once by Probe.js and returns what it found. The file is also what the second project needs, if the
 * probe is to look from a library: see docs/probe.md.
 */

const AST_PROBE_SAMPLES = 30;
const AST_PROBE_MANY_KEYS = 100;
/** Values are tried up to this size. */
const AST_PROBE_TRIED_BYTES = 200000;

/** Found by its text alone, since a `const` is no property of the global object. */
const AST_PROBE_CONST = {mark: null};

/** Collects what calls take, by name. A call that throws is counted and does not end the measurement. */
function probeStopwatch_() {
  const times = {};
  const errors = {};
  return {
    time: (name, run) => {
      times[name] = times[name] || [];
      errors[name] = errors[name] || 0;
      const startMs = Date.now();
      try {
        const result = run();
        times[name].push(Date.now() - startMs);
        return result;
      } catch (error) {
        errors[name]++;
        console.log(`${name}: ${error}`);
        return null;
      }
    },
    /** By name: median, 95th percentile, longest, how many, and how many threw. */
    summary: () => {
      const summary = {};
      for (const name of Object.keys(times)) summary[name] = probeSpread_(times[name]).concat(errors[name]);
      return summary;
    },
  };
}

/** Median, 95th percentile, longest, and how many. */
function probeSpread_(values) {
  if (values.length === 0) return [null, null, null, 0];
  const sorted = values.slice().sort((one, other) => one - other);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
  return [at(0.5), at(0.95), sorted[sorted.length - 1], sorted.length];
}

/** The object at the end of a prototype chain. */
function probeTop_(object) {
  let top = object;
  for (let above = Object.getPrototypeOf(top); above !== null; above = Object.getPrototypeOf(top)) top = above;
  return top;
}

function probeHandles_() {
  const one = PropertiesService.getScriptProperties();
  const other = PropertiesService.getScriptProperties();
  return {isOneObject: one === other, isOwnRealm: probeTop_(one) === Object.prototype};
}

/** Two Lock objects of one execution. */
function probeLocks_() {
  const one = LockService.getScriptLock();
  const other = LockService.getScriptLock();
  if (!one.tryLock(10000)) throw new Error('Somebody else holds the script lock.');
  try {
    return {isOneObject: one === other, excludesOwn: !other.tryLock(1000), isKept: one.tryLock(0)};
  } finally {
    other.releaseLock();
    one.releaseLock();
  }
}

function probeDocument_() {
  const properties = PropertiesService.getDocumentProperties();
  const lock = LockService.getDocumentLock();
  const key = AST_PROBE_PREFIX + 'DOCUMENT';
  const found = {properties: properties !== null, lock: lock !== null, isStored: null, isLocked: null};
  if (properties !== null) {
    properties.setProperty(key, 'stored');
    found.isStored = properties.getProperty(key) === 'stored';
    properties.deleteProperty(key);
  }
  if (lock !== null) {
    found.isLocked = lock.tryLock(1000);
    lock.releaseLock();
  }
  return found;
}

/**
 * The way that AST.Jobs takes as a library: from an object of the host through its prototype to the host's `Function`. In
 * the second project this is what the first one calls; without one it shows only whether text can be made code.
 */
function astProbeReach(request) {
  const top = probeTop_(request);
  const functionMaker = Object.getPrototypeOf(top.constructor).constructor;
  const scope = functionMaker('return globalThis')();
  const lexical = (name) => functionMaker(`return typeof ${name} === 'undefined' ? undefined : ${name}`)();
  const byText = lexical('AST_PROBE_CONST');
  const asProperty = scope.PropertiesService;
  const service = asProperty || lexical('PropertiesService');
  return {
    isOtherRealm: top !== Object.prototype,
    globalMark: scope.astProbeMark,
    constMark: byText === undefined ? undefined : byText.mark,
    isServiceProperty: asProperty !== undefined,
    stored: service === undefined ? null : service.getScriptProperties().getProperty(request.key),
    own: PropertiesService.getScriptProperties().getProperty(request.key),
  };
}

function probeReach_(store) {
  const mark = probeToken_();
  const key = AST_PROBE_KEYS.fill + 'REACH';
  const hasLibrary = typeof ASTProbeLibrary !== 'undefined';
  store.setProperty(key, mark);
  globalThis.astProbeMark = mark;
  AST_PROBE_CONST.mark = mark;
  try {
    const startMs = Date.now();
    const reach = hasLibrary ? ASTProbeLibrary.astProbeReach : astProbeReach;
    const firstUseMs = Date.now() - startMs;
    const found = reach({key});
    return {
      hasLibrary,
      firstUseMs,
      isOtherRealm: found.isOtherRealm,
      global: found.globalMark === mark,
      constant: found.constMark === mark,
      isServiceProperty: found.isServiceProperty,
      properties: found.stored === mark,
      ownStoreIsHosts: found.own === mark,
    };
  } finally {
    delete globalThis.astProbeMark;
    store.deleteProperty(key);
  }
}

/** How long a value may be, whether its key counts, and whether it is counted in bytes. */
function probeValues_(store) {
  const key = AST_PROBE_KEYS.fill + 'VALUE';
  let message = '';
  const tryOnce = (name, text) => {
    try {
      store.setProperty(name, text);
      return true;
    } catch (error) {
      message = String(error);
      return false;
    }
  };
  // What fails twice is refused, and not a bad moment of the service.
  const isTaken = (name, text) => tryOnce(name, text) || tryOnce(name, text);
  const longKey = key + 'K'.repeat(100);
  const found = {triedBytes: AST_PROBE_TRIED_BYTES, limitBytes: null, keyCounts: null, inBytes: null};
  try {
    if (isTaken(key, 'x'.repeat(AST_PROBE_TRIED_BYTES))) return found;
    found.message = message;
    let taken = 0;
    let refused = AST_PROBE_TRIED_BYTES;
    while (refused - taken > 1) {
      const middle = Math.floor((taken + refused) / 2);
      if (isTaken(key, 'x'.repeat(middle))) taken = middle;
      else refused = middle;
    }
    found.limitBytes = taken;
    found.keyCounts = !isTaken(longKey, 'x'.repeat(taken));
    // Each of these letters has two bytes.
    found.inBytes = isTaken(key, 'é'.repeat(taken / 2 - 100)) && !isTaken(key, 'é'.repeat(taken / 2 + 100));
    return found;
  } finally {
    store.deleteProperty(key);
    store.deleteProperty(longKey);
  }
}

/** How much a store holds: fills it, in ever smaller pieces, and empties it again. Only if it is asked for. */
function probeStore_(store) {
  const names = [];
  const most = Math.ceil(2000000 / 8000);
  let message = '';
  const fits = (bytes) => {
    const key = `${AST_PROBE_KEYS.fill}${names.length}`;
    try {
      store.setProperty(key, 'x'.repeat(bytes));
      names.push(key);
      return true;
    } catch (error) {
      message = String(error);
      return false;
    }
  };
  try {
    for (let bytes = 8000; bytes > 16 && names.length < most;) if (!fits(bytes)) bytes = Math.floor(bytes / 2);
    const all = store.getProperties();
    const bytesOf = (text) => unescape(encodeURIComponent(text)).length;
    const usedBytes = Object.keys(all).reduce((sum, key) => sum + bytesOf(key) + bytesOf(all[key]), 0);
    return {limitBytes: names.length < most ? usedBytes : null, message};
  } finally {
    names.forEach((key) => store.deleteProperty(key));
  }
}

function probeProperties_(store) {
  const watch = probeStopwatch_();
  const key = AST_PROBE_KEYS.fill + 'ONE';
  for (let i = 0; i < AST_PROBE_SAMPLES; i++) {
    watch.time('setProperty', () => store.setProperty(key, `value ${i}`));
    watch.time('getProperty', () => store.getProperty(key));
  }
  store.deleteProperty(key);
  const many = {};
  for (let i = 0; i < AST_PROBE_MANY_KEYS; i++) many[`${AST_PROBE_KEYS.fill}MANY${i}`] = 'x'.repeat(100);
  for (let i = 0; i < AST_PROBE_SAMPLES; i++) {
    watch.time('setProperties', () => store.setProperties(many));
    watch.time('getProperties', () => store.getProperties());
  }
  for (const name of Object.keys(many)) watch.time('deleteProperty', () => store.deleteProperty(name));
  return watch.summary();
}

function probeLockCalls_() {
  const watch = probeStopwatch_();
  for (let i = 0; i < AST_PROBE_SAMPLES; i++) {
    const lock = LockService.getScriptLock();
    watch.time('tryLock', () => lock.tryLock(10000));
    watch.time('releaseLock', () => lock.releaseLock());
  }
  return watch.summary();
}

/** One trigger at a time, an hour ahead: a user may have twenty in a script. */
function probeTriggerCalls_() {
  const watch = probeStopwatch_();
  for (let i = 0; i < AST_PROBE_SAMPLES; i++) {
    const builder = ScriptApp.newTrigger('astProbeShot').timeBased().after(3600000);
    const made = watch.time('newTrigger', () => builder.create());
    watch.time('getProjectTriggers', () => ScriptApp.getProjectTriggers());
    if (made !== null) watch.time('deleteTrigger', () => ScriptApp.deleteTrigger(made));
  }
  return watch.summary();
}

function probeOtherCalls_() {
  const watch = probeStopwatch_();
  const cache = CacheService.getScriptCache();
  const key = AST_PROBE_PREFIX + 'CACHE';
  for (let i = 0; i < AST_PROBE_SAMPLES; i++) {
    watch.time('cachePut', () => cache.put(key, `value ${i}`, 60));
    watch.time('cacheGet', () => cache.get(key));
    watch.time('getUuid', () => Utilities.getUuid());
  }
  cache.remove(key);
  return watch.summary();
}

/**
 * Whether a bulk call counts against the day's quota as one operation or as one for each key: makes so many of them that
 * the quota would be used up if each key counted. Costs little in the first case, the day's quota in the second.
 */
function probeBurn_(store) {
  const keyCount = 500;
  const many = {};
  for (let i = 0; i < keyCount; i++) many[`${AST_PROBE_KEYS.fill}BURN${i}`] = 'x';
  const callCount = Math.ceil((1.2 * AST_PROBE_OPTIONS.dailyQuota) / keyCount);
  const untilMs = Date.now() + 200000;
  const burn = (run) => {
    for (let calls = 0; calls < callCount; calls++) {
      if (Date.now() > untilMs) return {counts: 'undecided', calls};
      try {
        run();
      } catch (error) {
        if (calls === 0) return {counts: 'undecided', calls, error: String(error)};
        return {counts: 'each', calls, error: String(error)};
      }
    }
    return {counts: 'one', calls: callCount};
  };
  const about = {dailyQuota: AST_PROBE_OPTIONS.dailyQuota, keyCount};
  try {
    store.setProperties(many);
  } catch (error) {
    const undecided = {counts: 'undecided', calls: 0, error: String(error)};
    return Object.assign(about, {get: undecided, set: undecided});
  }
  // In this order: what reads have used up may be missing to writes.
  const get = burn(() => store.getProperties());
  return Object.assign(about, {get, set: burn(() => store.setProperties(many))});
}
