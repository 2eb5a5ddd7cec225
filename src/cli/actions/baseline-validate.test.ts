import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBaseline } from '../../core/baselines/parse.ts';
import { paint } from '../style.ts';
import { renderValidation } from './baseline-validate.ts';

const plain = paint({}, {});

function render(...lines: string[]): string {
  const text = `${lines.join('\n')}\n`;
  return renderValidation({ shown: 'web.yaml', text, parsed: parseBaseline(text, 'web.yaml') }, plain);
}

test('a fault is shown with its place, its line, a caret and what was meant', () => {
  assert.equal(
    render('Name: web', 'OperatingSystem: DEBAIN', 'ApprovedPatches: [bash]'),
    `web.yaml:2:18: error: OperatingSystem: must be one of WINDOWS, AMAZON_LINUX, AMAZON_LINUX_2, AMAZON_LINUX_2022, UBUNTU, REDHAT_ENTERPRISE_LINUX and 9 more, is the text "DEBAIN"
   2 | OperatingSystem: DEBAIN
     |                  ^
     = did you mean "DEBIAN"?

web.yaml: not valid: 1 error
`,
  );
});

test('a valid baseline is told in one line', () => {
  assert.equal(
    render('Name: web', 'OperatingSystem: DEBIAN', 'ApprovedPatches: [bash]', 'RejectedPatches: [nano, vim]'),
    'web.yaml: valid: web for DEBIAN, 1 approved, 2 rejected\n',
  );
});

test('warnings are shown and counted, and the baseline stays valid', () => {
  const text = render('Name: web', 'OperatingSystem: DEBIAN', 'ApprovedPatches: [bash]', 'RejectedPatches: ["ba*"]');
  assert.match(
    text,
    /^web\.yaml:3:19: warning: ApprovedPatches\[0\]: "bash" is rejected by "ba\*": a rejection wins\n/,
  );
  assert.match(text, /web\.yaml: valid: web for DEBIAN, 1 approved, 1 rejected; 1 warning\n$/);
});

test('the line of a fault in the configuration of a source is not shown', () => {
  const text = render(
    'Name: web',
    'OperatingSystem: DEBIAN',
    'Sources:',
    '  - Name: mine',
    '    Products: [x]',
    `    Configuration: ${'hunter2'.repeat(200)}`,
  );
  assert.match(text, /web\.yaml:6:20: error: Sources\[0\]\.Configuration: must have 1 to 1024 characters, has 1400/);
  assert.doesNotMatch(text, /hunter2/);
});

test('what a terminal would obey is not passed on', () => {
  const text = render('Name: "a\u202eb"', 'OperatingSystem: "\\u001b]0;x\\u0007"', '"\\u001b[31mKey": 1');
  assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
});
