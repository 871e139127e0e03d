# The agent's own words.
agent-label-cause = Cause
agent-label-why = Likely
agent-label-remedy = What to do
agent-delivered =
    { $count ->
        [one] One report was delivered.
       *[other] { $count } reports were delivered.
    }
agent-enrolled = This machine is now enrolled with the collector, as agent { $agent }.
agent-failed-already-enrolled = This agent is already enrolled, as { $subject }.
agent-failed-already-enrolled-remedy = Nothing. To enrol it again, give --replace; reports that wait are then dropped.
agent-failed-awaiting-approval = The agent is enrolled but waits for the approval of a person.
agent-failed-awaiting-approval-remedy = Approve it at the collector with "kataster agent approve". Reports are kept until then.
agent-failed-bad-answer = The collector's answer does not fit the request; nothing was taken from it.
agent-failed-bad-answer-why = Another service answers at this address, or the versions do not match.
agent-failed-bad-answer-remedy = Check the address in the token and the versions of agent and collector.
agent-failed-certificate-refused = { $subject } refuses this agent's certificate.
agent-failed-certificate-refused-why = The collector was set up anew and does not know the former enrolment, or the address is another collector's.
agent-failed-certificate-refused-remedy = Enrol the agent with a new token (enrol --replace).
agent-failed-clock = By this machine's clock the certificate of { $subject } is not valid.
agent-failed-clock-why = The clock of one of the two machines is wrong.
agent-failed-clock-remedy = Set the clocks (time service) and try again.
agent-failed-config = The configuration { $subject } cannot be used.
agent-failed-config-remedy = Correct the place named above. Unknown keys are not allowed.
agent-failed-config-read = The configuration { $subject } cannot be read.
agent-failed-config-read-remedy = Check path and rights of the file.
agent-failed-damaged = { $subject } is damaged.
agent-failed-damaged-remedy = Restore the file from a backup, or enrol the agent again (enrol --replace).
agent-failed-data-dir = The data folder { $subject } cannot be used.
agent-failed-data-dir-why = Rights are missing, or the disk is full.
agent-failed-data-dir-remedy = Check rights and free space, or name another folder with --data-dir.
agent-failed-expired = This agent's certificate ran out and there is no new one.
agent-failed-expired-why = The machine was switched off or without a connection to the collector for long.
agent-failed-expired-remedy = Enrol the agent with a new token (enrol --replace).
agent-failed-internal = Something inside the program failed.
agent-failed-internal-remedy = Please report this error with the cause named above.
agent-failed-key-in-use = This agent's key is already enrolled with the collector.
agent-failed-key-in-use-why = The data folder was copied from another machine.
agent-failed-key-in-use-remedy = Enrol the agent in an empty data folder.
agent-failed-later = The collector cannot take reports at the moment. Reports are kept.
agent-failed-later-why = It is overloaded, or its disk is full.
agent-failed-later-remedy = Try again later; a running agent does so by itself.
agent-failed-locked = Another agent is already using { $subject }.
agent-failed-locked-why = The agent is running as a service.
agent-failed-locked-remedy = Stop it, or name another folder with --data-dir.
agent-failed-no-place = There is no place for the agent's data.
agent-failed-no-place-why = The environment variable HOME is not set.
agent-failed-no-place-remedy = Name a folder with --data-dir.
agent-failed-not-enrolled = This agent is not enrolled with any collector.
agent-failed-not-enrolled-remedy = Create a token at the collector ("kataster agent token create") and enrol with it: kataster-agent enrol --token-file FILE. Without a collector: kataster-agent once --print.
agent-failed-not-our-tls = No secure connection to { $subject } can be made.
agent-failed-not-our-tls-why = No collector answers at this address, or something in between interferes.
agent-failed-not-our-tls-remedy = Check address and port; nothing between agent and collector may break up TLS.
agent-failed-not-understood = The collector's answer cannot be understood.
agent-failed-not-understood-why = Another service answers at this address, or the collector is older than the agent.
agent-failed-not-understood-remedy = Check address and versions. Reports are kept.
agent-failed-number = The report could not be numbered.
agent-failed-number-why = The disk has been full for long.
agent-failed-number-remedy = Make room in the agent's data folder.
agent-failed-of-another-user = { $subject } belongs to another user; files that root made there would lock the agent out of its own folder.
agent-failed-of-another-user-remedy = Run the command as that user: sudo -u kataster-agent kataster-agent …
agent-failed-other-authority = { $subject } is not the collector that this agent belongs to; nothing was sent.
agent-failed-other-authority-why = The token is another collector's, the collector was set up anew, or somebody poses as it.
agent-failed-other-authority-remedy = Check the address. If it is right, use a new token of this collector.
agent-failed-other-name = The certificate of { $subject } is for another name.
agent-failed-other-name-why = The collector does not know the name or address by which it is called.
agent-failed-other-name-remedy = Add this name at the collector, or use one that it knows.
agent-failed-quarantined = The collector has put this agent into quarantine.
agent-failed-quarantined-why = Two machines use the same key, or the machine is no longer the same.
agent-failed-quarantined-remedy = A person must decide at the collector ("kataster agent list"); then enrol the agent with a new key.
agent-failed-refused = The collector refuses.
agent-failed-refused-remedy = Check whether the versions of agent and collector match.
agent-failed-revoked = This agent's enrolment was revoked.
agent-failed-revoked-remedy = If that is a mistake, enrol it with a new token (enrol --replace).
agent-failed-token = The token cannot be read.
agent-failed-token-why = A part was lost while copying it.
agent-failed-token-remedy = Copy it again as a whole; it begins with "kat1-".
agent-failed-token-file = The token file { $subject } cannot be read.
agent-failed-token-file-remedy = Check path and rights.
agent-failed-token-refused = The collector does not accept this token.
agent-failed-token-refused-why = It is used up, expired, revoked or another collector's. Which of these is in the collector's log.
agent-failed-token-refused-remedy = Create a new token at the collector ("kataster agent token create").
agent-failed-too-open = { $subject } is open to other users; it holds the private key.
agent-failed-too-open-remedy = Take all rights from group and others (chmod go= …). If somebody could have read it, enrol the agent again.
agent-failed-unreachable = { $subject } cannot be reached. Reports are kept.
agent-failed-unreachable-why = The collector is not running, the address is wrong, or a firewall blocks the port.
agent-failed-unreachable-remedy = Check that the collector is running ("kataster serve") and that the port is open.
agent-failed-write = The output could not be written.
agent-failed-write-remedy = Check free space and rights at the output's destination.
agent-failed-wrong-agent = The collector sees another agent in this report than in the certificate.
agent-failed-wrong-agent-why = The data folder was put together from parts of different enrolments.
agent-failed-wrong-agent-remedy = Enrol the agent again (enrol --replace).

## The table of "once --print"
agent-print-machine = This machine
agent-print-1-host = Name
agent-print-2-model = Model
agent-print-3-system = Operating system
agent-print-4-kernel = Kernel
agent-print-5-memory = Memory
agent-print-packages = Installed packages
agent-print-services = Services
agent-print-persons = Accounts of persons
agent-print-certificates = Certificates
agent-print-listeners = Listening ports
agent-print-column-port = Port
agent-print-column-reach = Reachable
agent-print-column-process = Program
agent-print-column-unit = Service
agent-print-column-package = Package
agent-print-column-account = Account
agent-print-reach-loopback = from this machine only
agent-print-reach-all = on all addresses
agent-print-sources = Sources
agent-print-column-source = Source
agent-print-column-found = Found
agent-print-column-duration = Duration
agent-print-column-missing = What is missing, and why
agent-print-complaints =
    { $count ->
        [one] one entry could not be understood
       *[other] { $count } entries could not be understood
    }
agent-print-rights = What more rights would add
agent-print-column-thing = Statement
agent-print-column-needs = Needs
agent-print-none = none
agent-print-not-allowed = not readable
agent-print-unknown = unknown
agent-help = Documents this machine: reads what it is and hands it to the collector.
agent-help-config = Configuration file (TOML)
agent-help-data_dir = Folder of this agent: identity and undelivered reports
agent-help-lang = Language of messages
agent-help-once = Reads this machine once and delivers the report, or prints it
agent-help-once-output = Form of the output; by default table on a terminal, else json
agent-help-once-print = Print instead of delivering; needs neither collector nor enrolment
agent-help-enrol = Makes this machine known to a collector
agent-help-enrol-replace = Give up the present enrolment of this folder
agent-help-enrol-token_file = File with the token from "kataster agent token create"; "-" reads standard input
agent-help-run = Keeps reading and delivering until it is stopped
agent-help-completions = Prints the script that completes commands in a shell
agent-help-completions-shell = Shell: bash, zsh, fish and others
agent-help-reader = The process that reads for the agent what needs the rights of root
agent-help-reader-account = Account that may ask besides root
agent-help-scanner = The process that scans; started by the agent
agent-help-scanner-socket = Take jobs from this socket in place of standard input

## `status`
agent-status-title = The agent of this machine
agent-status-label-state = State
agent-status-label-agent = Enrolled as
agent-status-label-version = Version
agent-status-label-collector = Collector
agent-status-label-last-run = Last run
agent-status-label-last-delivery = Last delivery
agent-status-label-waiting = Waiting
agent-status-label-next-run = Next run
agent-status-label-certificate = Certificate until
agent-status-label-clock = Clock
agent-status-label-memory = Memory at most
agent-status-label-note = Note
agent-status-label-folder = Data folder
agent-status-none = not stated
agent-status-never = never
agent-status-running = running
agent-status-running-since = running since { $at }
agent-status-stopped = not running
agent-status-run = { $at }, { $sources } sources in { $seconds } s ({ $processor } s of processor)
agent-status-run-with-failures = { $at }, { $sources } sources in { $seconds } s ({ $processor } s of processor), { $failed } of them failed
agent-status-nothing-waits = no reports
agent-status-waits = { $count } reports since { $at }, { $size } of { $most }
agent-status-clock-agrees = agrees with the collector
agent-status-clock-ahead = { $seconds } s ahead
agent-status-clock-behind = { $seconds } s behind
agent-status-well = Everything is in order.
agent-status-problem-not-enrolled = This agent is enrolled with no collector.
agent-status-problem-not-enrolled-remedy = kataster-agent enrol --token-file FILE; `kataster agent token create` makes the token at the collector.
agent-status-problem-not-running = The service is not running.
agent-status-problem-not-running-remedy = systemctl start kataster-agent; without the service: kataster-agent service install.
agent-status-problem-read-only = The data folder takes no data (mounted read-only). Reports are in memory alone.
agent-status-problem-read-only-remedy = Mount the file system writable; check the disk.
agent-status-problem-disk-full = The disk of the data folder is full. Reports are in memory alone.
agent-status-problem-disk-full-remedy = Make room; the agent then writes the reports by itself.
agent-status-problem-in-memory = Reports could not be written and are in memory alone; they are lost if the agent ends.
agent-status-problem-in-memory-remedy = Check free space and rights of the data folder.
agent-status-problem-hanging = A file system or device does not answer. What lies on it is missing in the report; everything else is read.
agent-status-problem-hanging-remedy = Check the path that is named and the server behind it (findmnt); a dead file system is released by: umount --lazy --force PATH.
agent-status-problem-config = The configuration file cannot be used; the last good one stays in force.
agent-status-problem-config-remedy = Correct the place that is named, then: systemctl reload kataster-agent.
agent-status-problem-clock = The clock of this machine differs from the collector's. Reports are delivered all the same.
agent-status-problem-clock-remedy = Set the clock or turn on time synchronisation.
agent-status-problem-trouble = Since { $at } no reports have been delivered.
agent-status-problem-trouble-remedy = Check with: kataster-agent doctor.

## `doctor`
agent-doctor-title = What the agent needs
agent-doctor-mark-good = [good]
agent-doctor-mark-hint = [hint]
agent-doctor-mark-bad = [ERROR]
agent-doctor-mark-open = [open]
agent-doctor-open = not checked, because something before it is missing
agent-doctor-folder = Data folder
agent-doctor-folder-private = { $subject }, for the agent alone
agent-doctor-folder-open = { $subject } is open to other users
agent-doctor-folder-open-remedy = chmod go= { $subject }
agent-doctor-folder-missing = { $subject } does not exist yet
agent-doctor-folder-missing-remedy = The agent makes it at enrolment or at the first run.
agent-doctor-folder-closed = { $subject } cannot be looked at
agent-doctor-folder-closed-remedy = Call the command as root or as the user of the service.
agent-doctor-space = Space
agent-doctor-space-enough = { $subject } MiB free
agent-doctor-space-little = only { $subject } MiB free
agent-doctor-space-little-remedy = Make room; in a long outage older reports would be lost.
agent-doctor-space-full = { $subject } MiB free: reports stay in memory alone
agent-doctor-space-full-remedy = Make room.
agent-doctor-space-read-only = { $subject } is mounted read-only
agent-doctor-space-read-only-remedy = Mount the file system writable; check the disk.
agent-doctor-space-unknown = { $subject } does not tell
agent-doctor-space-unknown-remedy = Check the file system.
agent-doctor-service = Service
agent-doctor-service-running = running
agent-doctor-service-stopped = not running
agent-doctor-service-stopped-remedy = systemctl start kataster-agent; without the service: kataster-agent service install.
agent-doctor-service-unknown = cannot be seen
agent-doctor-service-unknown-remedy = Call the command as root.
agent-doctor-config = Configuration
agent-doctor-config-none = no file named; defaults are in force
agent-doctor-config-used = { $subject }
agent-doctor-config-broken = { $subject } cannot be used; a running service keeps the last good one
agent-doctor-config-broken-remedy = Correct the place that is named.
agent-doctor-enrolment = Enrolment
agent-doctor-enrolment-there = as { $subject }
agent-doctor-enrolment-missing = none
agent-doctor-enrolment-missing-remedy = kataster-agent enrol --token-file FILE; without a connection: kataster-agent once --out FILE.
agent-doctor-enrolment-damaged = cannot be used
agent-doctor-enrolment-damaged-remedy = Enrol the agent again: kataster-agent enrol --replace --token-file FILE.
agent-doctor-certificate = Certificate
agent-doctor-certificate-valid = valid until { $subject }
agent-doctor-certificate-expired = expired on { $subject } by the clock of this machine
agent-doctor-certificate-expired-remedy = Check the clock. If it is right, the agent renews the certificate with the next connection; after more than 90 days enrol it again.
agent-doctor-name = Name
agent-doctor-name-known = { $subject }
agent-doctor-name-unknown = no name service knows { $subject }
agent-doctor-name-unknown-remedy = Check the name and the DNS server of this machine (/etc/resolv.conf).
agent-doctor-name-no-answer = no name service answers the question for { $subject }
agent-doctor-name-no-answer-remedy = Check network and DNS server of this machine.
agent-doctor-port = Port
agent-doctor-port-open = { $subject } can be reached
agent-doctor-port-closed = { $subject } cannot be reached
agent-doctor-port-closed-remedy = Check whether the collector runs and whether address and port are right.
agent-doctor-port-no-answer = { $subject } does not answer
agent-doctor-port-no-answer-remedy = A firewall probably blocks the port; open it towards the collector.
agent-doctor-collector = Collector
agent-doctor-collector-trusted = { $subject } and this agent trust each other
agent-doctor-collector-refused = { $subject } does not let this agent speak
agent-doctor-collector-refused-remedy = Look at the collector: kataster agent list; approve with: kataster agent approve.
agent-doctor-collector-clock = by the clock of this machine the certificate of { $subject } is not valid
agent-doctor-collector-clock-remedy = Set the clock (time synchronisation).
agent-doctor-collector-expired = { $subject } says that the certificate of this agent has expired
agent-doctor-collector-expired-remedy = The agent renews it by itself; after more than 90 days enrol it again.
agent-doctor-collector-another = { $subject } is not the collector of this agent, or has another name
agent-doctor-collector-another-remedy = Check the address; after the collector was set up anew, enrol the agent again.
agent-doctor-collector-not-trusted = there is no confidential connection with { $subject }
agent-doctor-collector-not-trusted-remedy = Nothing may break up TLS between agent and collector; if the collector is new, enrol the agent again.
agent-doctor-collector-failed = { $subject } gives no answer that is of use
agent-doctor-collector-failed-remedy = Check the address and the versions of agent and collector.
agent-doctor-clock = Clock
agent-doctor-clock-agrees = differs from the collector's by { $subject } s
agent-doctor-clock-off = differs from the collector's by { $subject } s
agent-doctor-clock-off-remedy = Set the clock or turn on time synchronisation; reports are delivered all the same.
agent-doctor-sources = Sources: { $all }; { $read } read completely, { $limited } without sufficient rights, { $none } not on this machine, { $failed } failed.
agent-doctor-everything = everything
agent-doctor-failed-sources = Failed
agent-doctor-grants = How to grant these rights
agent-doctor-grant-root = root: the reader of the service answers a fixed set of questions for the agent; kataster-agent service install sets it up. Once only: call the command with sudo.
agent-doctor-grant-read-all = CAP_DAC_READ_SEARCH: in the unit of the service `AmbientCapabilities=CAP_DAC_READ_SEARCH` (systemctl edit kataster-agent).
agent-doctor-grant-ptrace = CAP_SYS_PTRACE: in the unit of the service `AmbientCapabilities=CAP_SYS_PTRACE` (systemctl edit kataster-agent).
agent-doctor-grant-group = Group: add the user of the service to the group that owns the file named (usermod -aG GROUP kataster-agent).
agent-doctor-closed-apparmor = AppArmor: the kernel shows the list of profiles to user 0 and to group root, whatever rights a process has. The unit of the reader is in that group (SupplementaryGroups=tss root); if the list is missing beside a running reader, something took the group away.
agent-doctor-closed-samba = Samba domain: its database holds everybody's password hashes, so the reader looks into it and hands on computers alone. It does so for a database that belongs to root and that nobody else may write.
agent-doctor-closed-sysctl = Settings of the kernel with mode 0600: the kernel shows them to user 0 alone, and no right replaces that. The reader does not run as root; whoever wants these settings sets "DynamicUser=no" and "User=root" below [Service] (systemctl edit kataster-agent-reader@.service). It then owns root's files, which ProtectSystem=strict still keeps from being written.
agent-doctor-closed-tpm = TPM: to be asked it must be opened for writing. The reader is in group tss; where /dev/tpmrm0 belongs to root alone, a udev rule gives it to that group, as the package tpm-udev does: KERNEL=="tpmrm[0-9]*", MODE="0660", GROUP="tss" in /etc/udev/rules.d/60-tpm.rules.

## `show`
agent-show-of = Report of { $at }
agent-show-between = What changed between { $before } and { $after }
agent-show-no-difference = Nothing.
agent-show-marks = + new, - gone, ~ changed, ! the source itself
agent-show-nothing = (nothing)
agent-show-read-again = can be read now
agent-show-not-read = cannot be read any more, or is gone

## `once --out` and `upload`
agent-sealed =
    { $path } ({ $size } KiB) holds the signed report of this machine.
    Key: { $key }
    Hand the file over with `kataster-agent upload` on an enrolled machine or with `kataster import report` at the collector. Compare the key at the first approval.
agent-carried-taken = { $path }: the report of { $host } was taken.
agent-carried-repeated = { $path }: the report of { $host } was there already; nothing changes.
agent-carried-waiting =
    { $path }: the report of { $host } waits at the collector for approval (kataster agent list, kataster agent approve).
    Key: { $key }
agent-failed-bad-signature = { $subject } is no signed report or was changed; nothing was taken.
agent-failed-bad-signature-why = Something was lost in copying, or somebody changed the file.
agent-failed-bad-signature-remedy = Copy the file once more from the machine that made it.
agent-failed-no-report = There is no report yet.
agent-failed-no-report-why = The service has never run.
agent-failed-no-report-remedy = Without the service: kataster-agent once --print.
agent-failed-no-report-before = There is no earlier report that differs.
agent-failed-no-report-before-remedy = Nothing to do: nothing has changed since the first run.
agent-failed-no-source = The last report has no source { $subject }.
agent-failed-no-source-remedy = kataster-agent show names all sources; kataster-agent show -o json their ids.
agent-failed-output = { $subject } cannot be written.
agent-failed-output-remedy = Name a place where you may write and where there is room.
agent-failed-output-exists = { $subject } exists; nothing was overwritten.
agent-failed-output-exists-remedy = Name another file.
agent-failed-own-key = The key of this machine cannot be used.
agent-failed-own-key-why = The file alone/key.pem in the data folder is damaged, or the folder cannot be written.
agent-failed-own-key-remedy = Put it back; without it (delete it) the machine gets a new key and must be approved again.
agent-failed-signed-file = { $subject } cannot be read.
agent-failed-signed-file-remedy = Check path and rights; the file comes from `kataster-agent once --out`.
agent-failed-too-large = The report is larger than any collector takes.
agent-failed-too-large-remedy = Please report this; `kataster-agent once --print` shows which source says so much.
agent-help-once-out = Write a signed report to this file instead of delivering; needs neither collector nor enrolment
agent-help-status = Shows how the agent is
agent-help-status-output = Form of the output
agent-help-doctor = Checks what the agent can read, what it lacks, and whether it reaches the collector
agent-help-doctor-output = Form of the output
agent-help-show = Shows the last report of this machine
agent-help-show-source = Only this source (software.dpkg) or domain (software), with all that it says
agent-help-show-diff_last = Only what changed last
agent-help-show-output = Form of the output
agent-help-upload = Hands signed reports of other machines over to the collector
agent-help-upload-files = Files of `once --out`

## `service`
agent-service-installed =
    The service is set up and starts with the system. To start it now:
      systemd-sysusers && systemctl daemon-reload
      systemctl start kataster-agent-reader.socket kataster-agent.service
agent-service-removed =
    The service is removed; configuration and data stay. If it still runs, end it:
      systemctl stop kataster-agent.service kataster-agent-reader.socket
      systemctl daemon-reload
agent-service-unchanged = There is nothing to change.
agent-failed-bad-name = { $subject } cannot stand in the unit of a service.
agent-failed-bad-name-remedy = Accounts may have lower-case letters, digits, - and _; the path of the program must have no spaces or special characters.
agent-failed-foreign-unit = { $subject } was not written by this command; nothing was changed.
agent-failed-foreign-unit-remedy = Remove or move the file, then call the command again.
agent-failed-other-init = systemd does not run on this machine; nothing was changed.
agent-failed-other-init-why = The machine uses another init system (OpenRC, runit, …), or you are in a container.
agent-failed-other-init-remedy = Let your init system start `kataster-agent run --config FILE --data-dir FOLDER` under an account of its own.
agent-failed-packaged = { $subject } belongs to a package manager, which sets up the service too.
agent-failed-packaged-remedy = Use the package manager, and to start it: systemctl enable --now kataster-agent.
agent-help-service = The service of this machine (systemd)
agent-help-service-install = Puts the units in place; starts no program itself and names the last commands
agent-help-service-install-user = Account under which the service runs (default: kataster-agent)
agent-help-service-uninstall = Takes the units away; configuration and data stay

## `update`
agent-update-good = Version { $version } is signed rightly and can be taken here.
agent-update-applied =
    Version { $version } is in place. Start the service: systemctl restart kataster-agent
    If it does not check in within { $starts } starts, or for { $minutes } minutes, the previous version comes back.
agent-update-taken-back = Version { $version } did not check in; the previous version is in place again.
agent-help-update = Newer versions of this program
agent-help-update-check = Says whether an update would be taken; changes nothing
agent-help-update-check-file = The update (.kataster-update)
agent-help-update-apply = Puts an update in place; the previous version is kept
agent-help-update-apply-file = The update (.kataster-update)
agent-help-update-guard = Counts the tries of a new version before each start; the service calls it itself
agent-failed-update-content = The program in the update is not the one that was signed; nothing was changed.
agent-failed-update-content-why = The file was changed, or a part of it is missing.
agent-failed-update-content-remedy = Get the file from the publisher once more.
agent-failed-update-form = { $subject } is no update that this program can read; nothing was changed.
agent-failed-update-form-why = The file is something else, a part of it is missing, or it was written in a newer form.
agent-failed-update-form-remedy = Get the file once more; if it needs a newer form, replace the program by hand.
agent-failed-update-guard = { $subject } is not the kept version of a program.
agent-failed-update-guard-remedy = Call `update guard` only as <program>.previous, as updates.md describes.
agent-failed-update-keys = Not enough keys are configured to check updates; nothing was changed.
agent-failed-update-keys-remedy = Add the public keys of the publisher to the configuration (section [update], keys and threshold) and name it with --config.
agent-failed-update-not-newer = The update is not newer than the running version; nothing was changed.
agent-failed-update-not-newer-remedy = Put an older version in place by hand.
agent-failed-update-on-trial = The update before has not checked in yet; nothing was changed.
agent-failed-update-on-trial-remedy = Start the service and wait until it has checked in (kataster-agent status).
agent-failed-update-other-machine = The update is not for this program or this machine; nothing was changed.
agent-failed-update-other-machine-remedy = Take the file for this operating system, processor and C library.
agent-failed-update-packaged = The program belongs to a package manager; nothing was changed.
agent-failed-update-packaged-remedy = Update with the package manager.
agent-failed-update-place = The program cannot be replaced from here; nothing was changed.
agent-failed-update-place-why = Program and folder must belong to the account that replaces it, and nobody else may write there.
agent-failed-update-place-remedy = Put a copy into /var/lib/kataster-agent/program, as updates.md describes.
agent-failed-update-read = { $subject } cannot be read; nothing was changed.
agent-failed-update-read-remedy = Check path and rights; links, devices and folders are not read.
agent-failed-update-record = What is kept of earlier updates cannot be read; nothing was changed.
agent-failed-update-record-remedy = Look at update.json in the folder of the agent; without that file no version counts as taken back any more.
agent-failed-update-signatures = The update does not have enough right signatures; nothing was changed.
agent-failed-update-signatures-why = It is somebody else's, it was changed, or signatures are missing.
agent-failed-update-signatures-remedy = Get the file from the publisher; compare its keys with the configured ones.
agent-failed-update-step = The update is not in place; the program that was there is.
agent-failed-update-step-remedy = Remove the cause and try again.
agent-failed-update-taken-back = This version was here before and could not check in; nothing was changed.
agent-failed-update-taken-back-remedy = Take a newer version.
agent-failed-update-time = The update is not good at this time; nothing was changed.
agent-failed-update-time-why = It has expired, or the clock of this machine is wrong.
agent-failed-update-time-remedy = Check the clock; if it is right, get a newer update.
