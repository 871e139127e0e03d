# Why something is not there. Sources, fields and reasons; used by the agent and the workbook.

absent-not-here = not present ({$place})
absent-not-allowed = not readable: {$what}; needs {$needs}
absent-failed = failed: {$doing}: {$cause}
absent-timed-out = no answer within {$after} ms: {$doing}
absent-not-looked-at = not looked at: {$why} ({$what})

## Rights
absent-privilege-group = membership in a group
absent-privilege-ptrace = the right CAP_SYS_PTRACE
absent-privilege-read-all = the right CAP_DAC_READ_SEARCH
absent-privilege-root = the rights of the administrator (root)

## Sources
absent-source-accounts-accounts = accounts
absent-source-accounts-groups = groups
absent-source-agent-condition = state of the agent
absent-source-certificates-served = certificates of the ports
absent-source-hardware-disks = disks
absent-source-hardware-memory = memory
absent-source-hardware-processor = processor
absent-source-hardware-smbios = maker, model, serial number and BIOS (SMBIOS)
absent-source-network-connections = connections
absent-source-network-interfaces = network adapters
absent-source-network-neighbours = neighbours on the network
absent-source-network-resolvers = name servers
absent-source-network-routes = routes
absent-source-network-ssh-host-keys = keys of the SSH server
absent-source-services-listeners = listening ports
absent-source-services-units = services
absent-source-software-dpkg = packages (dpkg)
absent-source-system-boot = system start
absent-source-system-file-systems = file systems
absent-source-system-free-space = free space
absent-source-system-host-name = host name
absent-source-system-init = init system
absent-source-system-installation = identity of the installation
absent-source-system-kernel = kernel
absent-source-system-operating-system = operating system
absent-source-system-virtualisation = virtualisation

## Fields that a source could not see
absent-field-account-is-administrator = administrator rights of the account
absent-field-account-is-expired = expiry of the account
absent-field-account-password = state of the password
absent-field-account-password-never-expires = expiry of the password
absent-field-base-board-serial = serial number of the main board
absent-field-certificate = certificates
absent-field-chassis-serial = serial number of the enclosure
absent-field-connection = connections
absent-field-connection-process = program behind the connection
absent-field-disk-firmware = firmware of the disk
absent-field-disk-model = model of the disk
absent-field-disk-serial = serial number of the disk
absent-field-disk-world-wide-name = world wide name of the disk
absent-field-file-system-size = size of the file system
absent-field-free-space = free space
absent-field-listener = listening ports
absent-field-listener-account = account of the process
absent-field-listener-executable = program file
absent-field-listener-package = package of the program
absent-field-listener-process = process behind the port
absent-field-listener-unit = unit of the process
absent-field-memory-module = memory modules
absent-field-memory-module-size = size of the memory module
absent-field-processor-microcode = microcode of the processor
absent-field-service-account = account of the service
absent-field-service-is-running = whether the service runs
absent-field-service-package = package of the service
absent-field-service-start-mode = start mode of the service
absent-field-ssh-host-key = key of the SSH server
absent-field-system-product = model of the system
absent-field-system-product-serial = serial number of the system
absent-field-system-product-uuid = UUID of the system

## Why something was deliberately not looked at
absent-not-looked-at-bound-elsewhere = bound to another address
absent-not-looked-at-client-ports = range of ports for outgoing connections
absent-not-looked-at-first-process = process 1 keeps the port, or may keep it; a connection could start a service
absent-not-looked-at-foreign-program = program of others
absent-not-looked-at-in-container = belongs to a container
absent-not-looked-at-observing-process = ports of the observing program itself
absent-not-looked-at-one-shot = service that does its work and ends
absent-not-looked-at-other-init-system = nothing on this system follows the start scripts; process 1 is another program
absent-not-looked-at-other-network-namespace = network namespace of its own (container)
absent-not-looked-at-own-connections = connections of the system with itself
absent-not-looked-at-plain-text-first = the protocol begins without TLS
absent-not-looked-at-print-port = printer port that would print the question
absent-not-looked-at-program-replaced = program file replaced since its start
absent-not-looked-at-remote-file-system = file system on the network
absent-not-looked-at-shared-pool = shared pool
absent-not-looked-at-start-script = cannot be told from a start script alone
absent-not-looked-at-switched-off = switched off in the configuration
absent-not-looked-at-virtual-disk = virtual disk
