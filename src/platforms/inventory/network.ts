import type { Gathered } from './gather.ts';

export interface NetworkInterface {
  readonly name: string;
  readonly mac: string;
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
  /** Of the first address of IPv4; '' where none is known. */
  readonly mask: string;
  readonly gateway: string;
}

/** The interfaces but the loopback one, from what the kernel or `ip` tells. */
export function readNetwork(gathered: Gathered): NetworkInterface[] {
  const text = (name: string) => gathered.get(name)?.text ?? '';
  const routes = readRoutes(text('route'));
  const told = gathered.get('addresses');
  const addresses =
    told?.code === 0 ? readIp(told.text) : [...readTrie(text('fib_trie'), routes), ...readInet6(text('if_inet6'))];
  return text('links')
    .split('\n')
    .flatMap((line): NetworkInterface[] => {
      const [name = '', mac = ''] = line.split('\t');
      if (name === '' || name === 'lo') return [];
      const own = addresses.filter((one) => one.link === name);
      const of = (six: boolean) => own.filter(({ address }) => address.includes(':') === six);
      const first = of(false)[0];
      return [
        {
          name,
          mac,
          ipv4: of(false).map(({ address }) => address),
          ipv6: of(true).map(({ address }) => address),
          mask: first === undefined ? '' : dotted(maskOf(first.prefix)),
          gateway: routes.find((route) => route.link === name && route.gateway !== 0)?.dotted ?? '',
        },
      ];
    });
}

interface Address {
  readonly link: string;
  readonly address: string;
  readonly prefix: number;
}

/*
 * 2: eth0    inet 192.0.2.7/24 brd 192.0.2.255 scope global eth0\       valid_lft forever preferred_lft forever
 */
function readIp(text: string): Address[] {
  return [...text.matchAll(/^\d+: ([^\s@]+)\S*\s+inet6? ([0-9a-f.:]+)(?:\/(\d{1,3}))?/gm)].map(
    ([, link = '', address = '', prefix]) => ({
      link,
      address,
      prefix: Number(prefix ?? (address.includes(':') ? 128 : 32)),
    }),
  );
}

interface Route {
  readonly link: string;
  readonly network: number;
  readonly mask: number;
  readonly gateway: number;
  readonly dotted: string;
}

/*
 * Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
 * eth0	00000000	0100000A	0003	0	0	0	00000000	0	0	0
 */
function readRoutes(text: string): Route[] {
  return text.split('\n').flatMap((line) => {
    const [link = '', network = '', gateway = '', , , , , mask = ''] = line.split(/\s+/);
    if (![network, gateway, mask].every((word) => /^[0-9A-F]{8}$/.test(word))) return [];
    const via = swapped(gateway);
    return [{ link, network: swapped(network), mask: swapped(mask), gateway: via, dotted: dotted(via) }];
  });
}

/** The kernel prints the words of its routes as a machine with its lowest byte first holds them. */
function swapped(word: string): number {
  return Buffer.from(word, 'hex').readUInt32LE();
}

/*
 *            |-- 192.0.2.7
 *               /32 host LOCAL
 */
function readTrie(text: string, routes: readonly Route[]): Address[] {
  const found = new Set(
    [...text.matchAll(/\|-- (\d+\.\d+\.\d+\.\d+)\n\s+\/32 host LOCAL/g)].map(([, one = '']) => one),
  );
  return [...found].flatMap((address) => {
    const value = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
    const route = routes.find(({ network, mask }) => mask !== 0 && (value & mask) >>> 0 === network);
    if (route === undefined) return [];
    const prefix = route.mask.toString(2).replaceAll('0', '').length;
    return [{ link: route.link, address, prefix }];
  });
}

/*
 * fe80000000000000021122fffe334455 02 40 20 80     eth0
 */
function readInet6(text: string): Address[] {
  return [...text.matchAll(/^([0-9a-f]{32}) [0-9a-f]+ ([0-9a-f]{2}) \S+ \S+\s+(\S+)$/gm)].map(
    ([, hex = '', prefix = '', link = '']) => ({ link, address: sixOf(hex), prefix: Number.parseInt(prefix, 16) }),
  );
}

function sixOf(hex: string): string {
  const groups = hex.match(/.{4}/g)?.map((group) => group.replace(/^0{1,3}/, '')) ?? [];
  const text = groups.join(':');
  const longest = [...text.matchAll(/(?<![^:])0(?::0)+(?![^:])/g)].sort((a, b) => b[0].length - a[0].length)[0];
  if (longest === undefined) return text;
  const before = text.slice(0, longest.index).replace(/:$/, '');
  return `${before}::${text.slice(longest.index + longest[0].length).replace(/^:/, '')}`;
}

function maskOf(prefix: number): number {
  return prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
}

function dotted(value: number): string {
  return [24, 16, 8, 0].map((bits) => (value >>> bits) & 255).join('.');
}
