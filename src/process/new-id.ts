let last = 0;

/** Numbers for all processes of this master, whether they have a slot or wait for one. */
export function newId(): number {
  last += 1;
  return last;
}
