import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { normalAddress } from '#eggcup/sticky/address.js';
import { heaviest } from '#eggcup/sticky/rendezvous.js';

const CLIENTS = 100_000;

/** Mulberry32: the same addresses in each run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const next = random(26);
const byte = (): number => Math.floor(next() * 256);
const group = (): string => Math.floor(next() * 65_536).toString(16);

const POPULATIONS: Readonly<Record<string, (index: number) => string>> = {
  'random IPv4': () => `${byte()}.${byte()}.${byte()}.${byte()}`,
  'random IPv6': () => normalAddress(Array.from({ length: 8 }, group).join(':')),
  'IPv6 of one /64': () => normalAddress(`2001:db8:0:1:${Array.from({ length: 4 }, group).join(':')}`),
  'the IPv4 of one /16 in turn': (index) => `10.7.${(index >> 8) % 256}.${index % 256}`,
  'IPv6 in turn': (index) => normalAddress(`2001:db8::${(index >> 16).toString(16)}:${(index & 65_535).toString(16)}`),
  'names in turn': (index) => `user-${index}`,
};

for (const [name, client] of Object.entries(POPULATIONS)) {
  test(`${name}: the fullest of 2 to 16 slots has at most 1.1 of the mean`, (t) => {
    const count = name.includes('/16') ? 65_536 : CLIENTS;
    const clients = Array.from({ length: count }, (_, index) => client(index));
    let worst = 0;
    for (const slots of [2, 3, 4, 5, 7, 8, 12, 16].map(slotsOf)) {
      const shares = new Map<string, number>();
      for (const key of clients) {
        const slot = heaviest(key, slots) ?? '';
        shares.set(slot, (shares.get(slot) ?? 0) + 1);
      }
      const fullest = Math.max(...shares.values()) / (count / slots.length);
      assert.ok(fullest <= 1.1, `${fullest} of the mean with ${slots.length} slots`);
      worst = Math.max(worst, fullest);
    }
    t.diagnostic(`worst ${worst.toFixed(3)}`);
  });
}

test('without a slot only its own keys go elsewhere, and evenly', () => {
  const slots = slotsOf(8);
  const left = slots.filter((slot) => slot !== 'app-3');
  const heirs = new Map<string, number>();
  for (let index = 0; index < CLIENTS; index += 1) {
    const [before, after] = [heaviest(`key ${index}`, slots), heaviest(`key ${index}`, left)];
    if (before === 'app-3') heirs.set(after ?? '', (heirs.get(after ?? '') ?? 0) + 1);
    else assert.equal(after, before);
  }
  const mean = CLIENTS / 8 / 7;
  assert.equal(heirs.size, 7);
  assert.ok(Math.max(...heirs.values()) < 1.15 * mean);
});

test('one slot more takes its share, and nothing else moves', () => {
  const slots = slotsOf(4);
  let moved = 0;
  for (let index = 0; index < CLIENTS; index += 1) {
    const [before, after] = [heaviest(`key ${index}`, slots), heaviest(`key ${index}`, slotsOf(5))];
    if (before !== after) assert.equal(after, 'app-4');
    if (before !== after) moved += 1;
  }
  assert.ok(Math.abs(moved / CLIENTS - 1 / 5) < 0.01, `${moved} moved`);
});

test('the choice does not depend on the order of the slots, nor on slots that it does not fall on', () => {
  const slots = fc.uniqueArray(fc.integer({ min: 0, max: 1023 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(fc.string(), slots, fc.integer(), (key, numbers, rotation) => {
      const names = numbers.map((number) => `app-${number}`);
      const chosen = heaviest(key, names);
      assert.ok(chosen !== undefined && names.includes(chosen));
      const turn = ((rotation % names.length) + names.length) % names.length;
      assert.equal(heaviest(key, [...names.slice(turn), ...names.slice(0, turn)]), chosen);
      for (const other of names.filter((name) => name !== chosen))
        assert.equal(
          heaviest(
            key,
            names.filter((name) => name !== other),
          ),
          chosen,
        );
    }),
  );
});

test('among no slots there is no choice', () => {
  assert.equal(heaviest('key', []), undefined);
});

function slotsOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `app-${index}`);
}
