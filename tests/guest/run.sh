#!/usr/bin/env bash
# Boots a Debian guest in QEMU - systemd, D-Bus, SMBIOS, OVMF, TPM, NVMe, no network adapter at all - and has
# inside.sh install, enrol, upgrade and remove the packages there, collector and agent beside each other.
#
#   tests/guest/run.sh PACKAGES NEWER_PACKAGES NFPM
#
# Both folders hold packages of deploy/packages/build.sh, the second of a higher version; NFPM is the tool that
# makes the company's package in the guest. Needs root, debootstrap, qemu-system-x86_64, ovmf, swtpm,
# mkfs.ext4 and 4 GB below WORK (default: target/guest). What came of it stands in WORK/results, the guest's
# console in WORK/console.log. Exit code 1 if anything failed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
packages=$(realpath "${1:?folder with packages}")
newer=$(realpath "${2:?folder with newer packages}")
nfpm=$(realpath "${3:?the program nfpm}")
work=${WORK:-$here/../../target/guest}
# Under emulation a boot takes one to two minutes, the whole run some ten; beside other work sixteen.
TIME_MAX_SECONDS=${TIME_MAX_SECONDS:-2400}
include=systemd-sysv,udev,dbus,kmod,initramfs-tools,linux-image-cloud-amd64,openssh-server,nginx-light,ssl-cert,nftables,dmidecode,jq,rpm

mkdir -p "$work"
work=$(cd "$work" && pwd)
cd "$work"
if [ ! -e base/done ]; then
    rm -rf base
    debootstrap --variant=minbase --include="$include" bookworm base http://deb.debian.org/debian > debootstrap.log 2>&1 ||
        { tail -20 debootstrap.log >&2; exit 1; }
    rm -rf base/var/cache/apt/archives/*.deb
    touch base/done
fi

# The guest's own settings. A link in the guest's tree may lead out of it: never write through one.
rm -rf root
cp -a base root
put() {
    rm -f "root$1"
    cat > "root$1"
}
echo sample | put /etc/hostname
printf '127.0.0.1 localhost\n127.0.1.1 sample.site.example sample\n' | put /etc/hosts
echo '/dev/nvme0n1 / ext4 defaults 0 1' | put /etc/fstab
mkdir -p root/srv/guest
cp -r "$packages" root/srv/guest/packages
cp -r "$newer" root/srv/guest/newer
cp -r "$here/../../deploy/packages" root/srv/guest/deploy
install -m 755 "$nfpm" root/usr/local/bin/nfpm
install -m 755 "$here/inside.sh" root/srv/guest/inside.sh
put /etc/systemd/system/guest-test.service <<'UNIT'
[Unit]
Description=Install, enrol, upgrade and remove the packages, then switch off
After=multi-user.target dbus.service nginx.service ssh.service
DefaultDependencies=no

[Service]
Type=oneshot
ExecStart=/srv/guest/inside.sh
ExecStopPost=/bin/tar --create --file=/dev/vda --directory=/run/results .
ExecStopPost=/bin/systemctl --no-block poweroff
StandardOutput=journal+console
StandardError=journal+console
TimeoutStartSec=infinity
UNIT
put /etc/systemd/system/guest-test.timer <<'UNIT'
[Unit]
Description=Begin when the system has come up

[Timer]
OnBootSec=10

[Install]
WantedBy=timers.target
UNIT
ln -sf ../guest-test.timer root/etc/systemd/system/timers.target.wants/guest-test.timer

rm -rf root.img out.img results tpm console.log
truncate -s 3G root.img
mkfs.ext4 -q -d root root.img
truncate -s 64M out.img
mkdir -p tpm
cp /usr/share/OVMF/OVMF_VARS_4M.fd vars.fd
swtpm socket --tpm2 --tpmstate dir="$work/tpm" --ctrl type=unixio,path="$work/tpm/socket" --daemon --terminate

# A device that is there need not work: some hosts offer KVM and refuse it.
accelerator=tcg
works() { timeout 5 qemu-system-x86_64 -machine q35,accel="$1" -cpu host -nic none -display none -S -monitor stdio <<< quit; }
if (works kvm) > /dev/null 2>&1; then
    accelerator=kvm
fi
processor=max
[ "$accelerator" = kvm ] && processor=host
echo "booting the guest (accelerator $accelerator)"
timeout "$TIME_MAX_SECONDS" qemu-system-x86_64 -machine q35,accel="$accelerator" -cpu "$processor" -m 1536M \
    -smp 2,sockets=1,cores=2 -nic none -display none -monitor none -serial file:console.log -no-reboot \
    -drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd \
    -drive if=pflash,format=raw,file=vars.fd \
    -kernel "$(ls root/boot/vmlinuz-*)" -initrd "$(ls root/boot/initrd.img-*)" \
    -append 'root=/dev/nvme0n1 rw console=ttyS0 quiet' \
    -drive file=root.img,if=none,id=root,format=raw,cache=unsafe -device nvme,drive=root,serial=SAMPLE-NVME-0001 \
    -drive file=out.img,if=none,id=out,format=raw -device virtio-blk-pci,drive=out,serial=sample-out \
    -chardev socket,id=tpm,path="$work/tpm/socket" -tpmdev emulator,id=tpm0,chardev=tpm -device tpm-tis,tpmdev=tpm0 \
    -smbios type=0,vendor='Sample Firmware Ltd.',version=1.22.0,date=09/23/2021,release=1.22 \
    -smbios type=1,manufacturer='Sample Maker',product='Server R1',version=A01,serial=SN0012345,uuid=4c4c4544-0042-3010-8056-b9c04f4d5031,sku=R1-2021,family=Servers \
    -smbios type=2,manufacturer='Sample Maker',product=0ABC12,version=A02,serial=BD0067890,asset=BA-77 \
    -smbios type=3,manufacturer='Sample Maker',version=A01,serial=CH0011111,asset=INV-4711,sku=R1 \
    -smbios type=17,loc_pfx='DIMM_A',bank='Bank 0',manufacturer='Sample Memory',serial=3A5B7C9D,asset=none,part=M393A2K40CB2,speed=3200

mkdir results
tar --extract --file=out.img --directory=results
cat results/checks
if [ ! -e results/ended ]; then
    echo "the guest did not come to its end; see $work/console.log" >&2
    exit 1
fi
grep -q '^FAILED' results/checks && exit 1
grep -c '^ok' results/checks | sed 's/$/ checks passed in the guest/'
