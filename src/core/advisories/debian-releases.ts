/** Debian's releases by codename, as OSV writes them. https://www.debian.org/releases/ */
const RELEASES: Readonly<Record<string, string>> = {
  hamm: '2.0',
  slink: '2.1',
  potato: '2.2',
  woody: '3.0',
  sarge: '3.1',
  etch: '4.0',
  lenny: '5.0',
  squeeze: '6.0',
  wheezy: '7',
  jessie: '8',
  stretch: '9',
  buster: '10',
  bullseye: '11',
  bookworm: '12',
  trixie: '13',
  forky: '14',
  duke: '15',
};

/** `debian:12` for `bookworm`; a codename that is not known stays as it is. */
export function debianEcosystem(codename: string): string {
  return `debian:${Object.hasOwn(RELEASES, codename) ? RELEASES[codename] : codename}`;
}
