import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestServer, type TestServer } from './server.ts';
import { withoutTerraform as skip, terraform } from './terraform.ts';

const CONFIGURATION = `
variable "description" { default = "first" }
resource "aws_ssm_patch_baseline" "web" {
  name                    = "web"
  description             = var.description
  operating_system        = "REDHAT_ENTERPRISE_LINUX"
  approved_patches        = ["CVE-2024-6387"]
  rejected_patches        = ["kernel*"]
  rejected_patches_action = "BLOCK"
  approval_rule {
    approve_after_days = 7
    compliance_level   = "HIGH"
    patch_filter {
      key    = "CLASSIFICATION"
      values = ["Security"]
    }
  }
  tags = { Stage = "prod" }
}
resource "aws_ssm_patch_baseline" "debian" {
  name             = "debian"
  operating_system = "DEBIAN"
  approval_rule {
    patch_filter {
      key    = "PRIORITY"
      values = ["Required", "Important"]
    }
  }
}
resource "aws_ssm_patch_group" "web" {
  baseline_id = aws_ssm_patch_baseline.web.id
  patch_group = "Web Servers"
}
resource "aws_ssm_default_patch_baseline" "debian" {
  baseline_id      = aws_ssm_patch_baseline.debian.id
  operating_system = "DEBIAN"
}
data "aws_ssm_patch_baseline" "centos" {
  owner            = "AWS"
  name_prefix      = "AWS-"
  operating_system = "CENTOS"
}
data "aws_ssm_patch_baselines" "predefined" {
  filter {
    key    = "OWNER"
    values = ["AWS"]
  }
}
output "predefined" { value = length(data.aws_ssm_patch_baselines.predefined.baseline_identities) }
output "web" { value = aws_ssm_patch_baseline.web.id }
`;

test('Terraform makes, reads, changes, imports and destroys baselines, groups and defaults', { skip }, async (t) => {
  const server = await startTestServer();
  t.after(server.dispose);
  const run = await terraform(t, server.env, CONFIGURATION);
  await run('apply', '-auto-approve');
  await run.nothingToDo();
  assert.equal((await run('output', '-raw', 'predefined')).trim(), '17');
  const changed = ['-var', 'description=second'];
  await run('apply', '-auto-approve', ...changed);
  const id = (await run('output', '-raw', 'web')).trim();
  const read = await server.aws('ssm', 'get-patch-baseline', '--baseline-id', id);
  assert.deepEqual([read.Description, read.PatchGroups], ['second', ['Web Servers']]);
  assert.match(await defaultOf(server), /^pb-/);
  const imported = [
    ['aws_ssm_patch_baseline.web', id],
    ['aws_ssm_default_patch_baseline.debian', 'DEBIAN'],
  ];
  for (const [address = '', name = ''] of imported) {
    await run('state', 'rm', address);
    await run('import', ...changed, address, name);
  }
  await run.nothingToDo(...changed);
  await run('destroy', '-auto-approve');
  const left = await server.aws('ssm', 'describe-patch-baselines', '--filters', 'Key=OWNER,Values=Self');
  assert.deepEqual(left.BaselineIdentities, []);
  assert.deepEqual((await server.aws('ssm', 'describe-patch-groups')).Mappings, []);
  assert.match(await defaultOf(server), /^arn:aws:ssm:.*patchbaseline/);
});

async function defaultOf(server: TestServer): Promise<string> {
  return (await server.aws('ssm', 'get-default-patch-baseline', '--operating-system', 'DEBIAN')).BaselineId;
}
