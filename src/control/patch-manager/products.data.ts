import type { OperatingSystem } from '../../core/baselines/types.ts';

/**
 * Values of the PRODUCT filter by operating system, in the spelling of AWS: the releases that Patch Manager names. Nodes
 * that report others add theirs.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager-prerequisites.html
 */
export const PRODUCTS: Readonly<Record<OperatingSystem, readonly string[]>> = {
  WINDOWS: [
    'WindowsServer2012',
    'WindowsServer2012R2',
    'WindowsServer2016',
    'WindowsServer2019',
    'WindowsServer2022',
    'WindowsServer2025',
  ],
  AMAZON_LINUX: ['AmazonLinux2017.03', 'AmazonLinux2017.09', 'AmazonLinux2018.03'],
  AMAZON_LINUX_2: ['AmazonLinux2', 'AmazonLinux2.0'],
  AMAZON_LINUX_2022: ['AmazonLinux2022'],
  AMAZON_LINUX_2023: ['AmazonLinux2023'],
  UBUNTU: [
    'Ubuntu14.04',
    'Ubuntu16.04',
    'Ubuntu18.04',
    'Ubuntu20.04',
    'Ubuntu20.10',
    'Ubuntu22.04',
    'Ubuntu23.04',
    'Ubuntu23.10',
    'Ubuntu24.04',
    'Ubuntu24.10',
  ],
  REDHAT_ENTERPRISE_LINUX: [
    ...releases('RedhatEnterpriseLinux', 6, [5, 10]),
    ...releases('RedhatEnterpriseLinux', 7, [0, 9]),
    ...releases('RedhatEnterpriseLinux', 8, [0, 10]),
    ...releases('RedhatEnterpriseLinux', 9, [0, 5]),
  ],
  SUSE: ['Suse12.0', 'Suse12.1', 'Suse12.2', 'Suse12.3', 'Suse12.4', 'Suse12.5', ...releases('Suse', 15, [0, 6])],
  CENTOS: [...releases('CentOS', 6, [5, 10]), ...releases('CentOS', 7, [0, 9]), ...releases('CentOS', 8, [0, 5])],
  ORACLE_LINUX: [
    ...releases('OracleLinux', 7, [5, 9]),
    ...releases('OracleLinux', 8, [0, 10]),
    ...releases('OracleLinux', 9, [0, 5]),
  ],
  DEBIAN: ['Debian8', 'Debian9', 'Debian10', 'Debian11', 'Debian12'],
  // AWS publishes no list of them.
  MACOS: [],
  RASPBIAN: ['Raspbian9', 'Raspbian10', 'Raspbian11'],
  ROCKY_LINUX: [...releases('RockyLinux', 8, [4, 10]), ...releases('RockyLinux', 9, [0, 5])],
  ALMA_LINUX: [...releases('AlmaLinux', 8, [3, 10]), ...releases('AlmaLinux', 9, [0, 5])],
};

/** `RedhatEnterpriseLinux7.0` to `….9`. */
function releases(name: string, major: number, [first, last]: readonly [number, number]): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => `${name}${major}.${first + index}`);
}
