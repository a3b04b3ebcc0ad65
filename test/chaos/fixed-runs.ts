/** The runs that are part of the tests. Others are done by hand: `npm run chaos -- --runs 2000 --seed N`. */
export const SEED = 2026;
export const RUNS = 50;
