# Words: asset.

# Why two observers are one asset or are not.
asset-link-person = Decided by a person.
asset-link-decisions-contradict = Decisions of people contradict one another; the newer one holds.
asset-link-strong-evidence = Merged: what agrees outweighs what differs, and the two never reported at the same time.
asset-link-same-start = Merged: two agents reported during the same start of the same installation.
asset-link-same-hardware = Merged: parts agree that a copy does not take along.
asset-link-alive-together = Not merged: both report at the same time; it is a copy, or a device of the same make with the same identifier.
asset-link-shared-kernel = Not merged: a container and its host, or two containers on one host.
asset-link-outweighed = Not merged: what differs outweighs what agrees.
asset-link-too-weak = Not merged: what agrees says too little.
asset-link-contradicts-member = Not merged: an observer that belongs to the asset already contradicts it.
asset-link-same-device = Merged: what the scan and the other observer show agrees.
asset-link-same-address = Merged: both had the same network address at the same time, and nothing contradicts it.
asset-link-copied-identity = Not merged: two devices show the same identity; one of them is probably a copy of the other.
asset-link-address-conflict = Not merged: two different devices had the same network address at the same time.
asset-link-virtual-address = Not merged: the address belongs to a cluster (such as VRRP) and moves between its devices.
asset-link-agrees = Same: { $what }.
asset-link-differs = Different: { $what }.
asset-link-score = Weight: { $score }.

asset-identifier-system-uuid = device UUID
asset-identifier-system-serial = device serial number
asset-identifier-board-serial = main board serial number
asset-identifier-chassis-serial = enclosure serial number
asset-identifier-installation = operating system installation
asset-identifier-permanent-mac = burnt-in MAC address
asset-identifier-disk-serial = disk serial number
asset-identifier-ssh-host-key = key of the SSH server
asset-identifier-certificate = certificate shown
asset-identifier-snmp-engine-id = SNMP engine id
asset-identifier-ntlm-name = Windows name
asset-identifier-device-uuid = device id (UUID)
asset-identifier-device-serial = serial number told over the network
asset-identifier-link-mac = hardware address in use
asset-identifier-address = network address at the same time
asset-identifier-virtual-address = shared address of a cluster
asset-identifier-boot = system start

# Why an agent may not go on reporting with its key.
asset-quarantine-another-machine = The key is used on another device than the one it was enrolled on.
asset-quarantine-two-lines = Two devices report with the same key.
