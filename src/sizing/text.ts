const MIB = 2 ** 20;

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

export function bytes(count: number): string {
  return count < 1024 * MIB ? `${decimal(count / MIB)} MiB` : `${decimal(count / MIB / 1024)} GiB`;
}

export function decimal(value: number): string {
  return String(Number(value.toFixed(2)));
}
