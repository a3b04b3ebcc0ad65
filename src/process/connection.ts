/** A connection that this process has accepted: Node's own handle of a TCP or Unix socket, which nobody reads here. */
export interface Connection {
  readonly fd: number;
  close(): void;
  /** Of TCP only. Returns a negative errno when the other side has gone already. */
  getpeername?(out: { address?: string }): number;
}

/** Whether it is still there, and the other side's address if it has one. */
export type Peer = { readonly kind: 'gone' } | { readonly kind: 'there'; readonly address: string | undefined };

export function peerOf(connection: Connection): Peer {
  if (connection.getpeername === undefined) return { kind: 'there', address: undefined };
  const out: { address?: string } = {};
  if (connection.getpeername(out) !== 0 || out.address === undefined) return { kind: 'gone' };
  return { kind: 'there', address: out.address };
}
