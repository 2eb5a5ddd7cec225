# Runs inside the root: takes away what belongs to the machine that built it, and makes it ready to boot. EPOCH is the
# date of the image, ROOT_UUID its filesystem's, KEEP the digests of initrds that carry no date of the build.
set -eu
export SOURCE_DATE_EPOCH="$EPOCH" LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
umask 022
# Ours were mounted over these: what lies beneath is what stays.
umount /etc/resolv.conf 2>/dev/null || :
umount -l /run
umount -l /tmp
empty() { for d in "$@"; do if [ -d "$d" ] && [ ! -h "$d" ]; then find "$d" -xdev -mindepth 1 -delete; fi; done; }

empty /run /tmp /var/tmp /var/lib/apt/lists /var/cache/apt /var/cache/man /var/backups /var/lib/dhcp /var/lib/cloud /var/crash
rm -rf /var/lib/kintsugi /etc/apt/apt.conf.d/99mmdebstrap /root/.cache /root/.ansible /root/.lesshst /root/.viminfo
for p in /usr/sbin/policy-rc.d; do if grep -qs '^# kintsugi: no services' "$p"; then rm -f "$p"; fi; done
for h in /root /home/*; do rm -f "$h"/.bash_history "$h"/.sh_history "$h"/.zsh_history "$h"/.wget-hsts "$h"/.python_history; done
# Folders of logs stay, with their owners: daemons do not make them again.
find /var/log -xdev ! -type d -delete
empty /var/log/journal
rm -f /etc/passwd- /etc/shadow- /etc/group- /etc/gshadow- /etc/subuid- /etc/subgid- /etc/.pwd.lock /etc/ld.so.cache~
rm -f /var/lib/dpkg/*-old /var/cache/debconf/*-old /var/cache/ldconfig/aux-cache /var/lib/dpkg/lock* /var/cache/debconf/*.lock
rm -f /var/lib/systemd/random-seed /var/lib/systemd/credential.secret /var/lib/urandom/random-seed /boot/loader/random-seed
rm -f /var/lib/dbus/machine-id /etc/ssh/ssh_host_* /var/lib/systemd/timers/* /etc/adjtime
: >/etc/machine-id
rm -f /etc/resolv.conf
if [ -e /lib/systemd/system/systemd-resolved.service ]; then ln -s ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf; else : >/etc/resolv.conf; fi
echo localhost >/etc/hostname
printf '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n' >/etc/hosts
# The day on which the accounts of packages were made is the day of the build.
awk -F: -v OFS=: -v d="$((EPOCH / 86400))" '$3 != "" { $3 = d } 1' /etc/shadow >/etc/shadow.new
cat /etc/shadow.new >/etc/shadow
rm -f /etc/shadow.new

# Every machine made from the image makes host keys of its own.
if [ -x /usr/bin/ssh-keygen ] && [ -e /lib/systemd/system/ssh.service ]; then
  cat >/etc/systemd/system/kintsugi-host-keys.service <<'UNIT'
[Unit]
Description=Make the host keys of SSH
ConditionPathExists=!/etc/ssh/ssh_host_ed25519_key
Before=ssh.service ssh.socket
[Service]
Type=oneshot
ExecStart=/usr/bin/ssh-keygen -A
[Install]
WantedBy=multi-user.target
UNIT
  systemctl enable kintsugi-host-keys.service >/dev/null 2>&1
fi
if [ -e /lib/systemd/system/systemd-networkd.service ] && [ -z "$(find /etc/systemd/network /etc/netplan /etc/network/interfaces /etc/NetworkManager -type f 2>/dev/null | head -n 1)" ]; then
  printf '[Match]\nName=en* eth*\n[Network]\nDHCP=yes\n' >/etc/systemd/network/80-kintsugi-dhcp.network
  systemctl enable systemd-networkd.service >/dev/null 2>&1
fi

printf 'UUID=%s / ext4 errors=remount-ro 0 1\n' "$ROOT_UUID" >/etc/fstab
ARGS='console=tty0 console=ttyS0,115200'
mkdir -p /etc/default/grub.d /boot/grub/i386-pc
printf 'GRUB_TIMEOUT=1\nGRUB_CMDLINE_LINUX="%s"\nGRUB_TERMINAL="console serial"\nGRUB_SERIAL_COMMAND="serial --speed=115200"\nGRUB_DISABLE_OS_PROBER=true\n' "$ARGS" >/etc/default/grub.d/kintsugi.cfg
cp /usr/lib/grub/i386-pc/*.mod /usr/lib/grub/i386-pc/*.lst /boot/grub/i386-pc/
if [ -e /usr/share/grub/unicode.pf2 ]; then mkdir -p /boot/grub/fonts && cp /usr/share/grub/unicode.pf2 /boot/grub/fonts/; fi
rm -f /boot/*.old /boot/*.old-dkms /boot/*.dpkg-bak
# Made again at the image's own date: the initrd of an update carries that of the build. KEEP are those of the base.
for v in $(linux-version list); do
  sum=$(sha256sum "/boot/initrd.img-$v" 2>/dev/null | cut -d ' ' -f 1)
  case " $KEEP " in *" ${sum:-none} "*) ;; *) update-initramfs -u -k "$v" >/dev/null ;; esac
done
NEWEST=$(linux-version list | linux-version sort --reverse | head -n 1)
[ -n "$NEWEST" ] || { echo 'no kernel is installed' >&2; exit 1; }
{
  printf 'serial --unit=0 --speed=115200\nterminal_input console serial\nterminal_output console serial\nset timeout=1\nset default=0\n'
  for v in $(linux-version list | linux-version sort --reverse); do
    printf 'menuentry "Linux %s" {\n  search --no-floppy --fs-uuid --set=root %s\n  linux /boot/vmlinuz-%s root=UUID=%s ro %s\n  initrd /boot/initrd.img-%s\n}\n' "$v" "$ROOT_UUID" "$v" "$ROOT_UUID" "$ARGS" "$v"
  done
} >/boot/grub/grub.cfg
chmod 600 /boot/grub/grub.cfg
printf 'search.fs_uuid %s root\nset prefix=($root)/boot/grub\n' "$ROOT_UUID" >/run/early.cfg
grub-mkimage -O i386-pc -p /boot/grub -c /run/early.cfg -o /boot/grub/i386-pc/core.img biosdisk part_gpt ext2 search_fs_uuid normal
cp /usr/lib/grub/i386-pc/boot.img /boot/grub/i386-pc/boot.img
rm -f /run/early.cfg /var/cache/ldconfig/aux-cache
find / -xdev -newermt "@$EPOCH" ! -path '/proc/*' ! -path '/dev/*' -exec touch -h -d "@$EPOCH" {} +
printf 'newest %s\n' "$NEWEST"
