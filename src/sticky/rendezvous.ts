/**
 * Rendezvous hashing: each slot has a weight for each key, and the heaviest has it. Without a slot only its own keys go
 * elsewhere, evenly; with one more, only what goes to it moves. There is no table of clients.
 */
export function heaviest<Slot extends string>(key: string, slots: Iterable<Slot>): Slot | undefined {
  const hash = mix(hashOf(key));
  let best: { readonly slot: Slot; readonly weight: number } | undefined;
  for (const slot of slots) {
    const weight = mix(hash ^ hashOf(slot));
    if (best === undefined || weight > best.weight || (weight === best.weight && slot < best.slot))
      best = { slot, weight };
  }
  return best?.slot;
}

/** FNV-1a: fast, but keys that differ in their last character only have similar hashes. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash;
}

/** MurmurHash3's finalizer: each bit of the input changes each bit of the output every second time. */
function mix(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
