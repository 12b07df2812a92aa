/** One kill at every service call, where jobs know of each other or are handled from outside. */
import {RELATED} from './scenarios';
import {sweep} from './sweep';

describe.each(RELATED)('$name', sweep);
