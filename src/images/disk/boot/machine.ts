import { accessSync, constants, existsSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { KintsugiError } from '../../../core/errors.ts';

export type Firmware = 'bios' | 'uefi';

/** Where Debian's package ovmf puts UEFI for virtual machines, and the store of its settings. */
const OVMF_CODE = '/usr/share/OVMF/OVMF_CODE_4M.fd';
const OVMF_VARS = '/usr/share/OVMF/OVMF_VARS_4M.fd';

/** True where QEMU has to emulate the processor: everything in the machine then takes ten times as long. */
export function isEmulated(): boolean {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return false;
  } catch {
    return true;
  }
}

/** The files of the machine: its disk, its first serial port, where the answer goes, and UEFI's settings. */
export interface MachineFiles {
  readonly disk: string;
  readonly console: string;
  readonly answer: string;
  readonly variables: string;
}

/** Makes what the firmware keeps in the machine. Throws BuilderMissing where UEFI is not installed here. */
export async function layFirmware(firmware: Firmware, files: MachineFiles): Promise<void> {
  if (firmware === 'bios') return;
  if (!existsSync(OVMF_CODE) || !existsSync(OVMF_VARS))
    throw new KintsugiError('BuilderMissing', 'The Debian package ovmf is not installed on this machine.');
  await copyFile(OVMF_VARS, files.variables);
}

/**
 * The machine: two processors, virtio, two serial ports, nothing else. Its network is one by DHCP that leads nowhere,
 * so that an image waits for no address. A restart ends it, as a power-off does.
 */
export function machineCommand(firmware: Firmware, files: MachineFiles): string[] {
  const path = (file: string) => file.replaceAll(',', ',,');
  const flash =
    firmware === 'bios'
      ? []
      : [
          ...['-drive', `if=pflash,format=raw,unit=0,readonly=on,file=${OVMF_CODE}`],
          ...['-drive', `if=pflash,format=raw,unit=1,file=${path(files.variables)}`],
        ];
  return [
    // Without graphics the BIOS speaks on the serial port as well.
    ...['qemu-system-x86_64', '-nodefaults', '-no-user-config', '-machine', 'q35,graphics=off'],
    ...(isEmulated() ? [] : ['-accel', 'kvm']),
    ...['-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2', '-m', '1024'],
    ...['-display', 'none', '-monitor', 'none', '-no-reboot', ...flash],
    ...['-drive', `file=${path(files.disk)},if=virtio,format=raw,cache=unsafe`, '-device', 'virtio-rng-pci'],
    ...['-netdev', 'user,id=net,restrict=on', '-device', 'virtio-net-pci,netdev=net,romfile='],
    ...['-chardev', `file,id=console,path=${path(files.console)}`, '-serial', 'chardev:console'],
    ...['-chardev', `file,id=answer,path=${path(files.answer)}`, '-serial', 'chardev:answer'],
  ];
}
