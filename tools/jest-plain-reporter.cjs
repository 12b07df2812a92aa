'use strict';
// Ends a run with one line that a script can read: `N passed, N failed`, then `, N skipped` if there are any.
// A test file that cannot be loaded counts as one failure.
const {writeSync} = require('node:fs');

module.exports = class PlainReporter {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    const line = `${results.numPassedTests} passed, ${failed} failed` + (skipped > 0 ? `, ${skipped} skipped` : '');
    // Jest puts its own summary behind every other reporter, whatever their order, so only at the exit is it our turn.
    this.print ??= process.once('exit', () => writeSync(1, `\n${this.line}\n`));
    this.line = line;
  }
};
