/** Where an id of a known form is described; null for any other text, which never becomes a part of an address. */
export function linkOf(id: string): string | null {
  if (/^CVE-\d{4}-\d{4,}$/.test(id)) return `https://www.cve.org/CVERecord?id=${id}`;
  if (/^(DSA|DLA)-\d+(-\d+)?$/.test(id)) return `https://security-tracker.debian.org/tracker/${id}`;
  if (/^USN-\d+-\d+$/.test(id)) return `https://ubuntu.com/security/notices/${id}`;
  if (/^RH[SBE]A-\d{4}:\d+$/.test(id)) return `https://access.redhat.com/errata/${id}`;
  return null;
}
