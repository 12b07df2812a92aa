'use strict';
// Long files first, so that no worker is left alone with one at the end. Jest knows how long a file took the last time;
// on a clean clone it goes by size, and the longest ones of ours are short texts.
const Sequencer = require('@jest/test-sequencer').default;

const LONG = ['fixtures/fixtures', 'kill-sweep/', 'simulation/', 'model/', 'jobs/quota', 'jobs/long-steps'];

module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const isLong = ({path}) => LONG.some((part) => path.replaceAll('\\', '/').includes(`/test/${part}`));
    const sorted = super.sort(tests);
    return [...sorted.filter(isLong), ...sorted.filter((test) => !isLong(test))];
  }
};
