import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFacts, withoutFacts } from '../../../test/facts.ts';
import { parseOsv } from './osv.ts';
import type { Advisory } from './types.ts';

const FEEDS = 'vuls-data-update/pkg/fetch';

function feed(name: string): Advisory | undefined {
  return parseOsv([JSON.parse(readFacts(`${FEEDS}/${name}`).toString())]).records[0];
}

function one(record: Record<string, unknown>): Advisory | undefined {
  return parseOsv([{ id: 'TEST-1', modified: '2024-01-01T00:00:00Z', affected: [], ...record }]).records[0];
}

function affected(ecosystem: string, name: string, events: unknown[], more = {}) {
  return { package: { ecosystem, name }, ranges: [{ type: 'ECOSYSTEM', events }], ...more };
}

test("records of every distribution are read in their publishers' terms", { skip: withoutFacts }, () => {
  const seen = [
    'debian/osv/testdata/golden/DLA/2014/DLA-0001-1.json',
    'ubuntu/osv/testdata/golden/CVE/2024/UBUNTU-CVE-2024-51988.json',
    'alma/osv/testdata/golden/ALSA/2023/ALSA-2023%3A7465.json',
    'rocky/osv/testdata/golden/RLSA/2023/RLSA-2023%3A0005.json',
    'redhat/osv/testdata/golden/RHSA/2024/RHSA-2024%3A8709.json',
    'redhat/osv/testdata/golden/RHBA/2024/RHBA-2024%3A6202.json',
    'suse/osv/testdata/golden/openSUSE/SU/2016/openSUSE-SU-2016%3A1623-1.json',
    'alpine/osv/testdata/golden/2023/ALPINE-CVE-2023-46850.json',
  ].map((name) => {
    const advisory = feed(name);
    const [first] = advisory?.affected ?? [];
    const severity = advisory?.severity === null ? '-' : `${advisory?.severity.source} ${advisory?.severity.mapped}`;
    return [advisory?.id, advisory?.type, severity, first?.ecosystem, first?.kind, first?.name, first?.fixed].join(
      ' | ',
    );
  });
  assert.deepEqual(seen, [
    'DLA-0001-1 | security | - | debian:6.0 | source | gnutls26 | 2.8.6-1+squeeze4',
    'UBUNTU-CVE-2024-51988 | security | ubuntu medium | ubuntu:20.04 | source | rabbitmq-server | 3.8.3-0ubuntu0.1',
    'ALSA-2023:7465 | security | alma high | almalinux:9 | binary | squid | 7:5.5-6.el9_3.2',
    'RLSA-2023:0005 | security | rocky high | rocky linux:9 | binary | bcel | 0:6.4.1-9.el9_1',
    'RHSA-2024:8709 | security | redhat high | red hat:rhel_eus:9.2::appstream | binary | podman | 2:4.4.1-21.el9_2',
    'RHBA-2024:6202 | bugfix | cvss:3.1 high | red hat:rhel_eus:8.8::baseos | binary | iwl100-firmware | 0:39.31.5.1-118.2.el8_8.1',
    'openSUSE-SU-2016:1623-1 | security | - | suse:package hub 12 | binary | chromedriver | 51.0.2704.103-85.3',
    'ALPINE-CVE-2023-46850 | security | cvss:3.1 critical | alpine:v3.18 | source | openvpn | 2.6.7-r0',
  ]);
});

test('dates, CVE ids and references come as they are written', { skip: withoutFacts }, () => {
  const advisory = feed('debian/osv/testdata/golden/DSA/2002/DSA-135.json');
  assert.deepEqual(
    { ...advisory, affected: advisory?.affected.length },
    {
      id: 'DSA-135',
      type: 'security',
      title: 'libapache-mod-ssl -- buffer overflow / DoS',
      issued: '2002-07-02T00:00:00Z',
      updated: '2023-10-16T00:05:19.431840Z',
      severity: null,
      cves: ['CVE-2002-0653'],
      references: ['https://www.debian.org/security/2002/dsa-135'],
      affected: 1,
    },
  );
});

test('a vendor speaks before CVSS, and CVSS before a vendor that says nothing', () => {
  const vector = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';
  const severity = [{ type: 'CVSS_V3', score: vector }];
  const debian = (urgency: string) => [affected('Debian:12', 'a', [], { ecosystem_specific: { urgency } })];
  assert.deepEqual(one({ severity, affected: debian('low') })?.severity, {
    source: 'debian',
    raw: 'low',
    mapped: 'low',
  });
  assert.deepEqual(one({ severity, affected: debian('not yet assigned') })?.severity, {
    source: 'cvss:3.1',
    raw: vector,
    mapped: 'critical',
  });
  assert.equal(one({ affected: debian('not yet assigned') })?.severity?.mapped, 'unknown');
  assert.deepEqual(one({ severity: [...severity, { type: 'Ubuntu', score: 'medium' }] })?.severity?.source, 'ubuntu');
  assert.equal(one({ id: 'GHSA-1', database_specific: { severity: 'HIGH' } })?.severity?.source, 'github');
  assert.equal(one({ severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N' }] })?.severity, null);
});

test('of several vectors the newest version counts, and of one version the worst', () => {
  const vectors = [
    'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
    'CVSS:4.0/AV:L/AC:H/AT:P/PR:H/UI:A/VC:N/VI:N/VA:L/SC:N/SI:N/SA:N',
    'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:L/VA:N/SC:N/SI:N/SA:N',
  ];
  const severity = vectors.map((score) => ({ type: `CVSS_V${score[5]}`, score }));
  assert.equal(one({ severity })?.severity?.raw, vectors[2]);
});

test('ranges become one row for each span of affected versions', () => {
  const spans = (events: unknown[]) => one({ affected: [affected('Debian:12', 'a', events)] })?.affected;
  const row = { ecosystem: 'debian:12', name: 'a', kind: 'source' };
  assert.deepEqual(spans([{ introduced: '0' }, { fixed: '2' }]), [{ ...row, fixed: '2' }]);
  assert.deepEqual(spans([{ introduced: '0' }, { fixed: '2' }, { introduced: '3' }, { fixed: '4' }]), [
    { ...row, fixed: '2' },
    { ...row, introduced: '3', fixed: '4' },
  ]);
  assert.deepEqual(spans([{ introduced: '0' }]), [{ ...row, fixed: null }]);
  assert.deepEqual(spans([{ introduced: '1' }, { last_affected: '2' }]), [{ ...row, introduced: '1', fixed: null }]);
  assert.deepEqual(spans([{ fixed: '2' }]), [{ ...row, fixed: '2' }]);
  assert.deepEqual(spans([{ introduced: '0' }, { fixed: '2 or so' }]), [{ ...row, fixed: null }]);
  assert.deepEqual(one({ affected: [{ package: { ecosystem: 'Debian:12', name: 'a' }, versions: ['1'] }] })?.affected, [
    { ...row, fixed: null },
  ]);
  const git = { package: { ecosystem: 'Debian:12', name: 'a' }, ranges: [{ type: 'GIT', events: [{ fixed: 'abc' }] }] };
  assert.deepEqual(one({ affected: [git] })?.affected, [{ ...row, fixed: null }]);
});

test('the module stream of a title goes to the module builds that the record fixes', () => {
  const events = (fixed: string) => [{ introduced: '0' }, { fixed }];
  const rows = one({
    id: 'ALSA-2024:1',
    summary: 'Important: nodejs:18 security update',
    affected: [
      affected('AlmaLinux:8', 'nodejs', events('1:18.1-1.module_el8.9.0+1+aa')),
      affected('AlmaLinux:8', 'plain', events('1-1.el8')),
    ],
  })?.affected;
  assert.deepEqual(
    rows?.map((row) => row.module),
    ['nodejs:18', undefined],
  );
});

test('withdrawn records are left out, and what is no record is a problem', () => {
  const parsed = parseOsv([
    { id: 'A-1', modified: '2024-01-01T00:00:00Z', withdrawn: '2024-02-01T00:00:00Z', affected: [] },
    null,
    'text',
    { id: 7 },
    { id: 'bad id\u001b[2J', affected: [] },
    {
      id: 'OK-1',
      affected: 'nonsense',
      modified: 'never',
      published: '1970-01-01T00:00:00Z',
      related: [7, 'CVE-2024-1234'],
    },
  ]);
  assert.deepEqual(
    parsed.records.map((record) => record.id),
    ['OK-1'],
  );
  assert.deepEqual([parsed.records[0]?.issued, parsed.records[0]?.updated, parsed.newest], [null, null, null]);
  assert.equal(parsed.problems.length, 4);
  assert.ok(parsed.problems.every((line) => !line.includes('\u001b')));
});
