/** All that runs in the machine, one after the other: it has one CPU. */
import './facts.js';
import './container.js';
import './ends.js';
