/** Variables that the master sets in the environment of its children. */

/** In every child and so in its descendants: by it strays are found at the end. */
export const INSTANCE_VARIABLE = 'EGGCUP_INSTANCE';

/** Tells the preloaded part that it runs in a child of the master, not in a descendant that inherited its options. */
export const MASTER_PID_VARIABLE = 'EGGCUP_MASTER_PID';

/** The folder into which the processes of `eggcup compile --app` write which modules they have loaded. */
export const TRAINING_VARIABLE = 'EGGCUP_TRAINING';
