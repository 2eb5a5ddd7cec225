import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check, debian, rule } from './parse-for-tests.ts';

/** With a place for what must be the only fault. */
const faulty: [name: string, text: string, fault: RegExp][] = [
  [
    'an unknown key is named with what was meant',
    debian('ApprovalRule: {}'),
    /^3:1 ApprovalRule: unknown key "ApprovalRule".*did you mean "ApprovalRules"\?/,
  ],
  ['a key in the wrong case is unknown', debian('rejectedPatches: []'), /^3:1 .*did you mean "RejectedPatches"\?/],
  [
    'a key that is there twice names the first line',
    debian('Name: two'),
    /^3:1 Name: the key "Name" is here twice, first on line 1/,
  ],
  [
    'a key of the language itself is just unknown',
    debian('__proto__: {Name: x}'),
    /^3:1 __proto__: unknown key "__proto__"/,
  ],
  [
    'an operating system is told from the list',
    'Name: web\nOperatingSystem: debian',
    /^2:18 OperatingSystem: must be one of .*did you mean "DEBIAN"\?/,
  ],
  [
    'a slip in the operating system is one fault, not one in every list as well',
    'Name: web\nOperatingSystem: DEBAIN\nApprovedPatches: [bash]',
    /^2:18 OperatingSystem: .*did you mean "DEBIAN"\?/,
  ],
  [
    'nothing is said of what depends on an operating system that nobody knows',
    'Name: web\nOperatingSystem: PLAN9\nApprovedPatches: [a b]',
    /^2:18 OperatingSystem: must be one of WINDOWS, .*AMAZON_LINUX_2023, is the text "PLAN9"$/,
  ],
  ['a name must be there', 'OperatingSystem: DEBIAN', /^1:1 : "Name" is missing here/],
  [
    'a misspelt name is not missing as well',
    'Nmae: web\nOperatingSystem: DEBIAN',
    /^1:1 Nmae: .*did you mean "Name"\?/,
  ],
  [
    'a name has its letters',
    'Name: web servers\nOperatingSystem: DEBIAN',
    /^1:7 Name: may only hold letters, digits, "_", "-" and ".", is "web servers"/,
  ],
  ['a name has its length', 'Name: ab\nOperatingSystem: DEBIAN', /^1:7 Name: must have 3 to 128 characters, has 2/],
  [
    'a mapping in the place of a list is told',
    debian('ApprovedPatches: {a: b}'),
    /^3:18 ApprovedPatches: must be a list of patches, is a mapping/,
  ],
  [
    'one text in the place of a list is turned into one',
    debian('RejectedPatches: openssl'),
    /^3:18 .*must be a list of patches, is the text "openssl" \(write a list: \["openssl"\]\)/,
  ],
  [
    'a KB id without its letters needs quotes',
    'Name: win\nOperatingSystem: WINDOWS\nApprovedPatches: [5034441]',
    /^3:19 ApprovedPatches\[0\]: must be text, is the number 5034441 \(put it in quotes: "5034441"\)/,
  ],
  [
    'an entry that could never match is refused',
    debian('RejectedPatches: [openssl, "libssl3 "]'),
    /^3:28 RejectedPatches\[1\]: "libssl3 " holds a space/,
  ],
  ['an empty value is told', debian('Description:'), /^3:13 Description: must be text, is empty/],
  [
    'too many entries are counted',
    debian(`ApprovedPatches: [${Array.from({ length: 51 }, (_, i) => `p${i}0`)}]`),
    /^3:\d+ ApprovedPatches\[50\]: must be 0 to 50 patches, there are 51/,
  ],
  [
    'too many rules are counted',
    debian(
      'ApprovalRules:',
      '  PatchRules:',
      ...Array(11).fill('    - {ApproveAfterDays: 0, PatchFilterGroup: {PatchFilters: []}}'),
    ),
    /^15:7 ApprovalRules\.PatchRules\[10\]: must be 0 to 10 rules, there are 11/,
  ],
  [
    'days have a range',
    rule('ApproveAfterDays: 361', 'PatchFilterGroup: {PatchFilters: []}'),
    /^5:25 ApprovalRules\.PatchRules\[0\]\.ApproveAfterDays: must be a whole number from 0 to 360, is the number 361/,
  ],
  [
    'days are whole',
    rule('ApproveAfterDays: 7.5', 'PatchFilterGroup: {PatchFilters: []}'),
    /must be a whole number from 0 to 360, is the number 7\.5/,
  ],
  [
    'days in quotes are text',
    rule('ApproveAfterDays: "7"', 'PatchFilterGroup: {PatchFilters: []}'),
    /is the text "7" \(write it without quotes: 7\)/,
  ],
  [
    'a boolean is not yes',
    rule('ApproveAfterDays: 7', 'EnableNonSecurity: yes', 'PatchFilterGroup: {PatchFilters: []}'),
    /^6:26 .*must be true or false, is the text "yes" \(write true, without quotes\)/,
  ],
  [
    'a day must be in the calendar',
    rule('ApproveUntilDate: 2024-02-30', 'PatchFilterGroup: {PatchFilters: []}'),
    /^5:25 .*"2024-02-30" is not in the calendar/,
  ],
  [
    'a day has no time',
    rule('ApproveUntilDate: 2024-02-03T10:00:00Z', 'PatchFilterGroup: {PatchFilters: []}'),
    /must be a date as YYYY-MM-DD.*\(write the day alone: 2024-02-03\)/,
  ],
  [
    'a rule goes by days or by a date',
    rule('ApproveAfterDays: 7', 'ApproveUntilDate: 2024-02-03', 'PatchFilterGroup: {PatchFilters: []}'),
    /^6:25 .*either ApproveAfterDays or ApproveUntilDate, this one has both/,
  ],
  [
    'a rule needs its filters',
    rule('ApproveAfterDays: 7'),
    /^5:7 ApprovalRules\.PatchRules\[0\]: "PatchFilterGroup" is missing here/,
  ],
  [
    'a filter key of another system names that system',
    rule('ApproveAfterDays: 7', 'PatchFilterGroup: {PatchFilters: [{Key: SEVERITY, Values: [Critical]}]}'),
    /SEVERITY is no filter key of DEBIAN, which has PRODUCT, PRIORITY, SECTION \(SEVERITY is for AMAZON_LINUX.*: check OperatingSystem\)/,
  ],
  [
    'a filter key in the wrong case is put right',
    rule('ApproveAfterDays: 7', 'PatchFilterGroup: {PatchFilters: [{Key: priority, Values: [Required]}]}'),
    /the text "priority" is no filter key of DEBIAN.*did you mean "PRIORITY"\?/,
  ],
  [
    'a filter value that is none is put right',
    rule('ApproveAfterDays: 7', 'PatchFilterGroup: {PatchFilters: [{Key: PRIORITY, Values: [Requird]}]}'),
    /Values\[0\]: "Requird" is no PRIORITY of DEBIAN.*did you mean "Required"\?/,
  ],
  [
    'a filter needs values',
    rule('ApproveAfterDays: 7', 'PatchFilterGroup: {PatchFilters: [{Key: PRIORITY, Values: []}]}'),
    /Values: must be 1 to 20 values, there are 0/,
  ],
  [
    'a filter key comes once',
    rule(
      'ApproveAfterDays: 7',
      'PatchFilterGroup: {PatchFilters: [{Key: PRODUCT, Values: [a]}, {Key: PRODUCT, Values: [b]}]}',
    ),
    /PatchFilters\[1\]: a second PRODUCT filter, the first is on line 6/,
  ],
  [
    'urgency has its own range',
    rule(
      'ApproveAfterDays: 7',
      'Kintsugi: {Epss: {AtLeast: 50, ApproveAfterDays: 1}}',
      'PatchFilterGroup: {PatchFilters: []}',
    ),
    /^6:34 .*Kintsugi\.Epss\.AtLeast: must be a number from 0 to 1, is the number 50/,
  ],
  [
    'urgency needs its delay',
    rule('ApproveAfterDays: 7', 'Kintsugi: {KnownExploited: {}}', 'PatchFilterGroup: {PatchFilters: []}'),
    /KnownExploited: "ApproveAfterDays" is missing here/,
  ],
  [
    'what is for Windows alone is refused elsewhere',
    debian('AvailableSecurityUpdatesComplianceStatus: COMPLIANT'),
    /^3:43 .*is for WINDOWS only, and this is a baseline for DEBIAN/,
  ],
  [
    'control characters that are written out are refused',
    debian('Description: "a\\u001b[31mb"'),
    /^3:14 Description: must not hold control characters/,
  ],
  [
    'a source has its own rules',
    debian('Sources: [{Name: a b c, Products: [x], Configuration: y}]'),
    /^3:18 Sources\[0\]\.Name: may only hold/,
  ],
  ['a second document is one too many', `${debian()}---\nName: two\n`, /^3:1 : a second document begins here/],
  ['broken YAML has a place', 'Name: [a', /^1:9 : not valid YAML or JSON/],
  [
    'a tab that indents is told as one',
    'Name: web\nApprovalRules:\n\tPatchRules: []\n',
    /^3:1 : (a tab indents|not valid YAML)/,
  ],
  ['a tag is told', debian('Description: !Ref Text'), /^3:\d+ Description: the tag "!Ref" means nothing here/],
  [
    'an alias inside of its own anchor is refused',
    debian('ApprovedPatches: &a [*a]'),
    /^3:22 .*no anchor &a is complete before this alias/,
  ],
  ['an alias of nothing is refused', debian('ApprovedPatches: *a'), /^3:18 .*no anchor &a is complete/],
  ['a key that is no word is told', debian('? [a]', ': b'), /^3:3 .*a key must be one word/],
  [
    'a page of a web server is no baseline',
    '<!DOCTYPE html>',
    /^1:1 : must be a mapping with the keys Name, .* is the text "<!DOCTYPE html>"/,
  ],
  ['an empty file is told', '\n\n', /^1:1 : the file is empty/],
  ['a file of comments is told', '# nothing yet\n', /^1:1 : the file is empty/],
  ['an empty list is told', '[]', /^1:1 : an empty list/],
  ['a NUL has a place', 'Name: web\nx\u0000', /^2:2 : this is not text: the control character U\+0000/],
  ['half of a surrogate pair is no text', 'Name: \ud800', /^1:7 : this is not text/],
];
for (const [name, text, fault] of faulty) {
  test(name, () => {
    const { faults } = check(text);
    assert.equal(faults.length, 1, faults.join('\n'));
    assert.match(faults[0] ?? '', fault);
  });
}
