interface InventoryType {
  /** The newest last. */
  readonly versions: readonly string[];
  readonly text: readonly string[];
  readonly number?: readonly string[];
  /** Attributes that nodes can be counted by, without an index of ours. */
  readonly aggregated?: readonly string[];
}

/**
 * The types that the service knows of itself, with their attributes.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/inventory-schema.html
 */
export const AWS_TYPES: Readonly<Record<string, InventoryType>> = {
  'AWS:AWSComponent': {
    versions: ['1.0'],
    text: ['Name', 'ApplicationType', 'Publisher', 'Version', 'InstalledTime', 'Architecture', 'URL'],
  },
  'AWS:Application': {
    versions: ['1.0', '1.1'],
    text: [
      'Name',
      'ApplicationType',
      'Publisher',
      'Version',
      'Release',
      'Epoch',
      'InstalledTime',
      'Architecture',
      'URL',
      'Summary',
      'PackageId',
    ],
  },
  'AWS:BillingInfo': { versions: ['1.0'], text: ['BillingProductId'] },
  'AWS:ComplianceItem': {
    versions: ['1.0'],
    text: [
      'ComplianceType',
      'ExecutionId',
      'ExecutionType',
      'ExecutionTime',
      'Id',
      'Title',
      'Status',
      'Severity',
      'DocumentName',
      'DocumentVersion',
      'Classification',
      'PatchBaselineId',
      'PatchSeverity',
      'PatchState',
      'PatchGroup',
      'InstalledTime',
      'InstallOverrideList',
      'CVEIds',
    ],
  },
  'AWS:File': {
    versions: ['1.0'],
    text: [
      'Name',
      'Description',
      'FileVersion',
      'InstalledDate',
      'LastAccessTime',
      'ProductName',
      'InstalledDir',
      'ProductLanguage',
      'CompanyName',
      'ProductVersion',
      'ModificationTime',
    ],
    number: ['Size'],
  },
  'AWS:InstanceDetailedInformation': {
    versions: ['1.0'],
    text: ['CPUModel', 'CPUHyperThreadEnabled', 'OSServicePack', 'KernelVersion'],
    number: ['CPUs', 'CPUCores', 'CPUSpeedMHz', 'CPUSockets'],
  },
  'AWS:InstanceInformation': {
    versions: ['1.0'],
    text: [
      'AgentType',
      'AgentVersion',
      'ComputerName',
      'InstanceId',
      'InstanceStatus',
      'IpAddress',
      'PlatformName',
      'PlatformType',
      'PlatformVersion',
      'ResourceType',
    ],
    aggregated: ['PlatformName', 'PlatformType', 'PlatformVersion'],
  },
  'AWS:Network': {
    versions: ['1.0'],
    text: ['Name', 'SubnetMask', 'Gateway', 'DHCPServer', 'DNSServer', 'MacAddress', 'IPV4', 'IPV6'],
  },
  'AWS:PatchSummary': {
    versions: ['1.0'],
    text: [
      'PatchGroup',
      'BaselineId',
      'SnapshotId',
      'ExecutionId',
      'OwnerInformation',
      'OperationType',
      'OperationStartTime',
      'OperationEndTime',
      'RebootOption',
      'LastNoRebootInstallOperationTime',
      'InstallOverrideList',
    ],
    number: [
      'InstalledCount',
      'InstalledOtherCount',
      'InstalledPendingRebootCount',
      'InstalledRejectedCount',
      'NotApplicableCount',
      'UnreportedNotApplicableCount',
      'MissingCount',
      'FailedCount',
      'CriticalNonCompliantCount',
      'SecurityNonCompliantCount',
      'OtherNonCompliantCount',
    ],
  },
  'AWS:Service': {
    versions: ['1.0'],
    text: ['Name', 'DisplayName', 'ServiceType', 'Status', 'DependentServices', 'ServicesDependedOn', 'StartType'],
  },
  'AWS:Tag': { versions: ['1.0'], text: ['Key', 'Value'] },
  'AWS:WindowsRegistry': { versions: ['1.0'], text: ['KeyPath', 'ValueName', 'ValueType', 'Value'] },
  'AWS:WindowsRole': {
    versions: ['1.0'],
    text: [
      'Name',
      'DisplayName',
      'Description',
      'Path',
      'FeatureType',
      'DependsOn',
      'SubFeatures',
      'Installed',
      'InstalledState',
    ],
  },
  'AWS:WindowsUpdate': { versions: ['1.0'], text: ['HotFixId', 'Description', 'InstalledTime', 'InstalledBy'] },
};
