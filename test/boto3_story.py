"""The story of patching one node in boto3, as an operator's script has it. Every `assert` is a promise of the server's.

    python3 boto3_story.py activate          prints {"ActivationId", "ActivationCode"}
    python3 boto3_story.py story NODE        plays the rest; the node has to run the commands that it is sent
"""

import json
import sys

import boto3
from botocore.exceptions import ClientError, WaiterError

ssm = boto3.client("ssm")

WINDOWS = [
    {"Key": "PRODUCT", "Values": ["WindowsServer2019", "WindowsServer2022"]},
    {"Key": "CLASSIFICATION", "Values": ["CriticalUpdates", "SecurityUpdates"]},
    {"Key": "MSRC_SEVERITY", "Values": ["Critical", "Important"]},
]
RHEL = [
    {"Key": "CLASSIFICATION", "Values": ["Security"]},
    {"Key": "SEVERITY", "Values": ["Critical", "Important"]},
]


def refused(code, call, **given):
    try:
        call(**given)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        assert error.response["Error"]["Message"], error
        assert error.response["ResponseMetadata"]["RequestId"], error
        return error.response
    raise AssertionError(f"{code} was expected")


def pages(operation, member, **given):
    found = list(ssm.get_paginator(operation).paginate(**given))
    return found, [one for page in found for one in page[member]]


def rule(filters, **more):
    return {"PatchRules": [{"PatchFilterGroup": {"PatchFilters": filters}, "ApproveAfterDays": 7, **more}]}


def activate():
    assert boto3.client("sts").get_caller_identity()["Account"] == "000000000000"
    made = ssm.create_activation(
        IamRole="nodes", DefaultInstanceName="web-1", RegistrationLimit=1, Tags=[{"Key": "Stage", "Value": "test"}]
    )
    return {name: made[name] for name in ("ActivationId", "ActivationCode")}


def nodes(node):
    _, found = pages("describe_instance_information", "InstanceInformationList", PaginationConfig={"PageSize": 5})
    assert [(one["InstanceId"], one["PingStatus"]) for one in found] == [(node, "Online")], found
    _, activations = pages("describe_activations", "ActivationList")
    assert activations[0]["RegistrationsCount"] == 1 and "ActivationCode" not in activations[0]
    ssm.add_tags_to_resource(
        ResourceType="ManagedInstance", ResourceId=node, Tags=[{"Key": "Patch Group", "Value": "web"}]
    )
    tags = ssm.list_tags_for_resource(ResourceType="ManagedInstance", ResourceId=node)["TagList"]
    assert {(tag["Key"], tag["Value"]) for tag in tags} == {("Stage", "test"), ("Patch Group", "web")}, tags
    ssm.remove_tags_from_resource(ResourceType="ManagedInstance", ResourceId=node, TagKeys=["Stage"])
    _, listed = pages("list_nodes", "Nodes", Filters=[{"Key": "PlatformType", "Values": ["Linux"]}])
    assert [one["Id"] for one in listed] == [node], listed


def baselines():
    given = {
        "Name": "MyPatchBaseline",
        "GlobalFilters": {"PatchFilters": [{"Key": "CLASSIFICATION", "Values": ["Security"]}]},
    }
    mine = ssm.create_patch_baseline(**given, ClientToken="one")["BaselineId"]
    assert ssm.create_patch_baseline(**given, ClientToken="one")["BaselineId"] == mine
    refused("IdempotentParameterMismatch", ssm.create_patch_baseline, **{**given, "Name": "Other"}, ClientToken="one")
    read = ssm.get_patch_baseline(BaselineId=mine)
    assert read["OperatingSystem"] == "WINDOWS" and read["GlobalFilters"] == given["GlobalFilters"], read
    assert read["ApprovalRules"] == {"PatchRules": []} and read["ApprovedPatches"] == [], read
    windows = ssm.create_patch_baseline(
        Name="Windows", OperatingSystem="WINDOWS", ApprovalRules=rule(WINDOWS, ComplianceLevel="CRITICAL")
    )["BaselineId"]
    rhel = ssm.create_patch_baseline(
        Name="RHEL",
        OperatingSystem="REDHAT_ENTERPRISE_LINUX",
        ApprovalRules=rule(RHEL, EnableNonSecurity=True),
        RejectedPatches=["kernel*"],
    )["BaselineId"]
    for baseline in (windows, rhel):
        ssm.register_patch_baseline_for_patch_group(BaselineId=baseline, PatchGroup="web")
    refused(
        "AlreadyExistsException", ssm.register_patch_baseline_for_patch_group, BaselineId=mine, PatchGroup="web"
    )
    read_pages, all_of_them = pages("describe_patch_baselines", "BaselineIdentities", PaginationConfig={"PageSize": 4})
    assert len(read_pages) > 4 and len({one["BaselineId"] for one in all_of_them}) == len(all_of_them)
    assert {mine, windows, rhel} <= {one["BaselineId"] for one in all_of_them}
    _, groups = pages("describe_patch_groups", "Mappings")
    assert {one["BaselineIdentity"]["BaselineId"] for one in groups} == {windows, rhel}, groups
    chosen = ssm.get_patch_baseline_for_patch_group(PatchGroup="web", OperatingSystem="WINDOWS")
    assert chosen["BaselineId"] == windows, chosen
    assert ssm.register_default_patch_baseline(BaselineId=mine)["BaselineId"] == mine
    assert ssm.get_default_patch_baseline()["BaselineId"] == mine
    refused("ResourceInUseException", ssm.delete_patch_baseline, BaselineId=mine)
    refused("DoesNotExistException", ssm.get_patch_baseline, BaselineId="pb-0123456789abcdef0")
    told = refused("ValidationException", ssm.create_patch_baseline, Name="no spaces", OperatingSystem="BEOS")
    assert told["Error"]["Message"].startswith("2 validation errors detected: "), told


def commands(node):
    sent = ssm.send_command(
        DocumentName="AWS-RunShellScript",
        Targets=[{"Key": "tag:Patch Group", "Values": ["web"]}],
        Parameters={"commands": ["echo told"]},
        Comment="from boto3",
    )["Command"]
    waiter = ssm.get_waiter("command_executed")
    which = {"CommandId": sent["CommandId"], "InstanceId": node}
    waiter.wait(**which, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    told = ssm.get_command_invocation(**which)
    assert (told["Status"], told["StandardOutputContent"], told["ResponseCode"]) == ("Success", "told\n", 0), told
    failing = ssm.send_command(
        DocumentName="AWS-RunShellScript", InstanceIds=[node], Parameters={"commands": ["exit 3"]}
    )["Command"]
    try:
        waiter.wait(CommandId=failing["CommandId"], InstanceId=node, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        raise AssertionError("the waiter took a failure for a success")
    except WaiterError as error:
        assert error.last_response["StatusDetails"] == "Failed", error.last_response
    _, listed = pages("list_commands", "Commands", PaginationConfig={"PageSize": 1})
    assert {one["CommandId"] for one in listed} == {sent["CommandId"], failing["CommandId"]}
    _, invocations = pages("list_command_invocations", "CommandInvocations", Details=True)
    assert all(one["CommandPlugins"] for one in invocations), invocations
    refused("InvalidDocument", ssm.send_command, DocumentName="None-Such", InstanceIds=[node])


def parameters():
    secret = {"Name": "/web/db/password", "Type": "SecureString"}
    ssm.put_parameter(**secret, Value="first", Tags=[{"Key": "Stage", "Value": "test"}])
    refused("ParameterAlreadyExists", ssm.put_parameter, **secret, Value="second")
    assert ssm.put_parameter(**secret, Value="second", Overwrite=True)["Version"] == 2
    hidden = ssm.get_parameter(Name=secret["Name"])["Parameter"]
    assert hidden["Value"] not in ("first", "second") and hidden["Type"] == "SecureString", hidden
    assert ssm.get_parameter(Name=secret["Name"], WithDecryption=True)["Parameter"]["Value"] == "second"
    ssm.label_parameter_version(Name=secret["Name"], ParameterVersion=1, Labels=["before"])
    by_label = ssm.get_parameter(Name=f"{secret['Name']}:before", WithDecryption=True)["Parameter"]
    assert (by_label["Value"], by_label["Version"]) == ("first", 1), by_label
    _, history = pages("get_parameter_history", "Parameters", Name=secret["Name"], WithDecryption=True)
    assert [(one["Version"], one["Value"], one["Labels"]) for one in history] == [
        (1, "first", ["before"]),
        (2, "second", []),
    ], history
    for number in range(12):
        ssm.put_parameter(Name=f"/web/list/{number}", Type="String", Value=str(number))
    found, values = pages("get_parameters_by_path", "Parameters", Path="/web/list", PaginationConfig={"PageSize": 5})
    assert len(found) == 3 and {one["Value"] for one in values} == {str(number) for number in range(12)}
    _, described = pages(
        "describe_parameters",
        "Parameters",
        ParameterFilters=[{"Key": "Path", "Option": "Recursive", "Values": ["/web"]}],
    )
    assert len(described) == 13, described
    some = ssm.get_parameters(Names=["/web/list/1", "/web/none"])
    assert some["InvalidParameters"] == ["/web/none"] and len(some["Parameters"]) == 1
    gone = ssm.delete_parameters(Names=["/web/list/1", "/web/none"])
    assert gone["DeletedParameters"] == ["/web/list/1"] and gone["InvalidParameters"] == ["/web/none"]
    refused("ParameterNotFound", ssm.get_parameter, Name="/web/list/1")


def documents():
    def content(word):
        step = {"action": "aws:runShellScript", "name": "say", "inputs": {"runCommand": [f"echo {word}"]}}
        return json.dumps({"schemaVersion": "2.2", "description": word, "mainSteps": [step]})

    name = "Boto3-Say"
    made = ssm.create_document(Name=name, Content=content("one"), DocumentType="Command", VersionName="first")
    assert made["DocumentDescription"]["DocumentVersion"] == "1", made
    refused("DocumentAlreadyExists", ssm.create_document, Name=name, Content=content("one"), DocumentType="Command")
    refused("DuplicateDocumentContent", ssm.update_document, Name=name, Content=content("one"), DocumentVersion="$LATEST")
    changed = ssm.update_document(Name=name, Content=content("two"), DocumentVersion="$LATEST")
    assert changed["DocumentDescription"]["LatestVersion"] == "2", changed
    assert json.loads(ssm.get_document(Name=name)["Content"])["description"] == "one"
    assert json.loads(ssm.get_document(Name=name, DocumentVersion="$LATEST")["Content"])["description"] == "two"
    ssm.update_document_default_version(Name=name, DocumentVersion="2")
    assert json.loads(ssm.get_document(Name=name)["Content"])["description"] == "two"
    assert json.loads(ssm.get_document(Name=name, VersionName="first")["Content"])["description"] == "one"
    _, versions = pages("list_document_versions", "DocumentVersions", Name=name)
    assert {(one["DocumentVersion"], one["IsDefaultVersion"]) for one in versions} == {("1", False), ("2", True)}
    _, owned = pages("list_documents", "DocumentIdentifiers", Filters=[{"Key": "Owner", "Values": ["Self"]}])
    assert [one["Name"] for one in owned] == [name], owned
    ssm.delete_document(Name=name)
    refused("InvalidDocument", ssm.describe_document, Name=name)


def reports(node):
    resource = {"ResourceId": node, "ResourceType": "ManagedInstance"}
    ssm.put_compliance_items(
        **resource,
        ComplianceType="Custom:Antivirus",
        ExecutionSummary={"ExecutionTime": 1_700_000_000},
        Items=[
            {"Id": "a", "Title": "signatures", "Severity": "HIGH", "Status": "NON_COMPLIANT"},
            {"Id": "b", "Title": "engine", "Severity": "LOW", "Status": "COMPLIANT"},
        ],
    )
    _, items = pages("list_compliance_items", "ComplianceItems", ResourceIds=[node], ResourceTypes=["ManagedInstance"])
    assert {one["Id"]: one["Status"] for one in items} == {"a": "NON_COMPLIANT", "b": "COMPLIANT"}, items
    _, summaries = pages("list_resource_compliance_summaries", "ResourceComplianceSummaryItems")
    assert [(one["Status"], one["OverallSeverity"]) for one in summaries] == [("NON_COMPLIANT", "HIGH")], summaries
    _, counts = pages("list_compliance_summaries", "ComplianceSummaryItems")
    assert counts[0]["NonCompliantSummary"]["NonCompliantCount"] == 1, counts
    item = {"TypeName": "Custom:Rack", "SchemaVersion": "1.0", "CaptureTime": "2026-01-01T00:00:00Z"}
    ssm.put_inventory(InstanceId=node, Items=[{**item, "Content": [{"Bay": "B4"}]}])
    entries = ssm.list_inventory_entries(InstanceId=node, TypeName="Custom:Rack")["Entries"]
    assert entries == [{"Bay": "B4"}], entries
    _, entities = pages("get_inventory", "Entities", Filters=[{"Key": "Custom:Rack.Bay", "Values": ["B4"]}])
    assert [one["Id"] for one in entities] == [node], entities
    gone = ssm.delete_inventory(TypeName="Custom:Rack")
    _, deletions = pages("describe_inventory_deletions", "InventoryDeletions", DeletionId=gone["DeletionId"])
    assert deletions[0]["TypeName"] == "Custom:Rack", deletions
    _, schemas = pages("get_inventory_schema", "Schemas", PaginationConfig={"PageSize": 50})
    assert any(one["TypeName"] == "AWS:Application" for one in schemas)


def story(node):
    nodes(node)
    baselines()
    commands(node)
    parameters()
    documents()
    reports(node)
    ssm.deregister_managed_instance(InstanceId=node)
    refused("InvalidInstanceId", ssm.deregister_managed_instance, InstanceId=node)
    assert ssm.describe_instance_information()["InstanceInformationList"] == []
    return "told"


print(json.dumps(activate() if sys.argv[1] == "activate" else story(sys.argv[2])))
