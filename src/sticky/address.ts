import { isIP, isIPv6, SocketAddress } from 'node:net';

/** The one form of an address: an IPv4 one that came over an IPv6 socket is the IPv4 one, and a zone is the host's own affair. */
export function normalAddress(address: string): string {
  const [bare = ''] = address.split('%');
  if (!isIPv6(bare)) return bare;
  const { address: shortest } = new SocketAddress({ address: bare, family: 'ipv6' });
  return shortest.replace(/^::ffff:(?=\d+\.)/, '');
}

/** The client's address in `X-Forwarded-For`, its first; `undefined` where there is none. Some proxies add the port, which changes. */
export function forwardedAddress(header: string): string | undefined {
  const first = header.split(',', 1)[0]?.trim() ?? '';
  const address = first.replace(/^\[([^\]]*)\](?::\d+)?$/, '$1').replace(/^([\d.]+):\d+$/, '$1');
  return isIP(address) === 0 ? undefined : normalAddress(address);
}
