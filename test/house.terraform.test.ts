import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestServer } from './server.ts';
import { withoutTerraform as skip, terraform } from './terraform.ts';

const CONFIGURATION = `
variable "word" { default = "first" }
resource "aws_ssm_document" "say" {
  name            = "Say"
  document_type   = "Command"
  document_format = "JSON"
  content = jsonencode({
    schemaVersion = "2.2"
    description   = var.word
    mainSteps = [{ action = "aws:runShellScript", name = "say", inputs = { runCommand = ["echo \${var.word}"] } }]
  })
  tags = { Stage = var.word }
}
resource "aws_ssm_activation" "web" {
  name               = "web"
  iam_role           = "nodes"
  registration_limit = 5
  tags               = { Stage = "prod" }
}
resource "aws_ssm_parameter" "plain" {
  name        = "/web/motd"
  type        = "String"
  value       = var.word
  description = var.word
  tags        = { Stage = var.word }
}
resource "aws_ssm_parameter" "secret" {
  name  = "/web/password"
  type  = "SecureString"
  value = "s3cret-\${var.word}"
}
data "aws_ssm_parameter" "secret" {
  name            = aws_ssm_parameter.secret.name
  with_decryption = true
}
data "aws_ssm_parameters_by_path" "web" {
  path       = "/web"
  depends_on = [aws_ssm_parameter.plain, aws_ssm_parameter.secret]
}
data "aws_ssm_document" "say" {
  name             = aws_ssm_document.say.name
  document_format  = "JSON"
  document_version = aws_ssm_document.say.latest_version
}
data "aws_ssm_instances" "all" {
  filter {
    name   = "PlatformTypes"
    values = ["Linux"]
  }
}
output "secret" {
  value     = data.aws_ssm_parameter.secret.value
  sensitive = true
}
output "names" { value = join(",", sort(data.aws_ssm_parameters_by_path.web.names)) }
output "document" { value = jsondecode(data.aws_ssm_document.say.content).description }
output "activation" { value = aws_ssm_activation.web.id }
`;

test('Terraform makes, reads, changes, imports and destroys documents, activations and parameters', {
  skip,
}, async (t) => {
  const server = await startTestServer();
  t.after(server.dispose);
  const run = await terraform(t, server.env, CONFIGURATION);
  const output = async (name: string) => (await run('output', '-raw', name)).trim();
  await run('apply', '-auto-approve');
  await run.nothingToDo();
  assert.deepEqual(
    [await output('secret'), await output('names'), await output('document')],
    ['s3cret-first', '/web/motd,/web/password', 'first'],
  );
  const activation = await output('activation');
  const changed = ['-var', 'word=second'];
  const said = await run('apply', '-auto-approve', ...changed);
  assert.match(said, /0 added, 3 changed, 0 destroyed/);
  await run.nothingToDo(...changed);
  assert.deepEqual([await output('secret'), await output('document')], ['s3cret-second', 'second']);
  assert.equal(await output('activation'), activation);
  const history = await server.aws('ssm', 'get-parameter-history', '--name', '/web/password', '--with-decryption');
  assert.deepEqual(
    history.Parameters.map(({ Value }: { Value: string }) => Value),
    ['s3cret-first', 's3cret-second'],
  );
  const imported = [
    ['aws_ssm_document.say', 'Say'],
    ['aws_ssm_parameter.plain', '/web/motd'],
    ['aws_ssm_parameter.secret', '/web/password'],
  ];
  for (const [address = '', name = ''] of imported) {
    await run('state', 'rm', address);
    await run('import', ...changed, address, name);
  }
  await run.nothingToDo(...changed);
  await run('destroy', '-auto-approve', ...changed);
  const lists = await Promise.all([
    server.aws('ssm', 'describe-parameters'),
    server.aws('ssm', 'describe-activations'),
    server.aws('ssm', 'list-documents', '--filters', 'Key=Owner,Values=Self'),
  ]);
  assert.deepEqual(
    lists.map((list) => Object.values(list)[0]),
    [[], [], []],
  );
});
