# Words of the command line of kataster.


## Help
command-help = Kataster keeps the register of a company's IT.
command-help-usage = Usage:
command-help-commands = Commands
command-help-command = COMMAND
command-help-options = Options
command-help-arguments = Arguments
command-help-after = Exit codes: 0 done, 1 failed, 2 usage, 3 partial, 4 refused, 5 unreachable, 6 nothing found, 7 conflict or locked, 130 interrupted.
command-help--data-dir = Data folder of the company (root: /var/lib/kataster)
command-help--config = Configuration file (TOML)
command-help--lang = Language of output and workbook
command-help--help = This help
command-help--licences = Libraries and their licences
command-help--version = Version
command-help--output = Form of the output
command-help--out = File to be written
command-help--passphrase-file = File with the passphrase for the authority's private key
command-help--asset = Label (S-7K2QD) or id of the asset
command-help--agent = Id of the agent
command-help--token = Id of the token
command-help--file = File
command-help--left = Label or id of the one asset
command-help--right = Label or id of the other asset
command-help--register = Register (TOML) to be imported first
command-help--kind = Whether the hosts are servers or clients; only servers report connections
command-help--uses = How many hosts may use it
command-help--valid = How long it is valid: 30m, 24h, 7d
command-help--label = What it is for
command-help--approve = New agents wait for the approval of a person
command-help--evidence = Also shows the raw facts behind the values
command-help--without-key = Restores without the private key: every agent enrols again
command-help-quick = From nothing to a workbook of this machine
command-help-serve = Runs the collector until it is ended
command-help-agent = Agents and enrolment tokens
command-help-agent-list = Lists all agents
command-help-agent-approve = Approves a waiting agent
command-help-agent-revoke = Revokes an agent at once
command-help-agent-token = Enrolment tokens
command-help-agent-token-create = Creates an enrolment token; it is shown only once
command-help-agent-token-list = Lists all tokens
command-help-agent-token-revoke = Revokes a token
command-help-asset = Assets
command-help-asset-list = Lists all assets
command-help-asset-show = Shows an asset with the source of every value
command-help-asset-history = Shows what changed of an asset
command-help-asset-conflicts = Shows agents that may mean the same asset
command-help-asset-merge = Makes one asset of two
command-help-asset-split = Takes an agent out of an asset
command-help-register = What people state
command-help-register-import = Imports register.toml
command-help-register-export = Writes the register as TOML
command-help-export = Exports
command-help-export-workbook = Writes the ISMS workbook and the network plan
command-help-backup = Backup and restore
command-help-backup-create = Writes a verified backup
command-help-backup-restore = Restores a backup into an empty data folder
command-help-audit = Event log
command-help-audit-verify = Verifies the chain of the event log

## Quick
command-quick-starting = Starting a collector on loopback …
command-quick-enrolling = Enrolling an agent of this machine …
command-quick-observing = Looking at this machine …
command-quick-reconciling = Reconciling …
command-quick-writing = Writing the workbook …
command-total-assets = Assets
command-total-software = Packages
command-total-services = Services
command-total-ports = Listening ports
command-total-partners = Communication partners
command-total-certificates = Certificates
command-total-accounts = Accounts
command-nothing-missing = Everything that was looked at could be read.
command-more-as-root = Run as the administrator (root), Kataster sees that too.
command-reason-not-here = not here
command-reason-not-allowed = not readable; needs {$needs}
command-reason-failed = failed
command-reason-timed-out = no answer
command-reason-not-looked-at = not looked at: {$why}

## Columns
command-column-token = Token
command-column-label = Purpose
command-column-kind = Kind
command-column-uses = Used
command-column-expires = Expires
command-column-state = State
command-column-agent = Agent
command-column-host = Host
command-column-last-seen = Last seen
command-column-version = Version
command-column-asset = Label
command-column-name = Name
command-column-system = Operating system
command-column-addresses = Addresses
command-column-value = Value
command-column-content = Content
command-column-source = Source
command-column-observed = Observed
command-column-change = Change
command-column-field = Field
command-column-before = Before
command-column-after = After
command-column-found = Found
command-column-count = Count
command-column-missing = Missing
command-column-reason = Reason
command-value-name = Name
command-value-manufacturer = Manufacturer
command-value-product = Model
command-value-serial = Serial number
command-value-system = Operating system
command-value-address = Address
command-value-port = Port
command-value-software = Packages
command-state-waiting = waits for approval
command-state-approved = approved
command-state-revoked = revoked
command-state-quarantined = quarantined
command-state-token-open = open
command-state-token-waits = open, with approval
command-state-token-used-up = used up
command-state-token-revoked = revoked
command-kind-server = server
command-kind-client = client
command-change-added = new
command-change-removed = gone
command-change-changed = changed
command-change-stated = by hand
command-never = never
command-first-seen = {$object} was first observed on {$at}.
command-no-conflicts = There is nothing to decide.
command-written = {$assets ->
    [one] one asset
   *[other] {$assets} assets
}, {$software ->
    [one] one package
   *[other] {$software} packages
}
command-written-to = {$object} was written; only you can read it.
command-chain-whole = The chain is whole: {$events ->
    [one] one event
   *[other] {$events} events
}, {$forgotten} of them with forgotten values.

## Done
command-done-token-revoked = The token {$object} is revoked.
command-done-agent-approved = The agent {$object} is approved.
command-done-agent-revoked = The agent {$object} is revoked.
command-done-assets-merged = {$object} are one asset now.
command-done-asset-split = The agent no longer belongs to {$object}.
command-done-register-imported = Register imported: {$count ->
    [0] no change
    [one] one change
   *[other] {$count} changes
}.
command-done-backup-created = The backup {$object} is written and verified.
command-done-backup-created-without-key = The backup {$object} is written and verified. It holds no private key: without it every agent enrols again after a restore (--passphrase-file includes it encrypted).
command-done-restored = Restored and verified: {$object}.

## Failures: what happened, why that is likely, what to do
command-failure-internal = An internal error occurred. {$object}
command-failure-internal-why = This is a mistake of Kataster; stored data is untouched.
command-failure-internal-next = Repeat the command and report the error with this output.
command-failure-disk-full = The disk is full; nothing was changed.
command-failure-disk-full-why = Database and log need room to write.
command-failure-disk-full-next = Free some space and repeat the command.
command-failure-newer-schema = The database is of a newer version.
command-failure-newer-schema-why = It was opened by a newer Kataster before.
command-failure-newer-schema-next = Install the newer version, or restore the backup made before the change.
command-failure-damaged = Stored data is damaged.
command-failure-damaged-why = The disk has a fault, or the file was changed from outside.
command-failure-damaged-next = Restore the newest good backup: kataster backup restore.
command-failure-store = The database failed.
command-failure-store-why = The file is no database of Kataster, or the system refuses access.
command-failure-store-next = Check rights and space in the data folder.
command-failure-locked = The data folder {$object} is locked.
command-failure-locked-why = Another command works in it, or a collector is starting or ending.
command-failure-locked-next = Wait a moment and repeat the command.
command-failure-open-to-others = {$object} is open to others.
command-failure-open-to-others-why = The folder holds the authority's key and the whole inventory.
command-failure-open-to-others-next = Close it: chmod 700 {$object}
command-failure-data-folder = The data folder {$object} cannot be used.
command-failure-data-folder-why = It is missing, belongs to somebody else, or files in it are damaged.
command-failure-data-folder-next = Check path and rights, or name another folder: --data-dir.
command-failure-token = The token cannot be created.
command-failure-token-why = The collector's name or the duration is not valid.
command-failure-token-next = Check names in the configuration and --valid.
command-failure-no-token = There is no token {$object}.
command-failure-no-token-why = The id is mistyped or belongs to another data folder.
command-failure-no-token-next = kataster agent token list shows all.
command-failure-no-agent = There is no agent {$object}.
command-failure-no-agent-why = The id is mistyped or belongs to another data folder.
command-failure-no-agent-next = kataster agent list shows all.
command-failure-output = {$object} cannot be written.
command-failure-output-why = The folder is missing or read-only, or another program has the file open.
command-failure-output-next = Name a place with --out where you may write.
command-failure-backup = The backup {$object} was not written.
command-failure-backup-why = The file exists already, or the place cannot be written.
command-failure-backup-next = Name a new file at a place with enough room.
command-failure-same-asset = Both names mean the same asset {$object}.
command-failure-same-asset-why = The assets were merged already.
command-failure-same-asset-next = kataster asset list shows all.
command-failure-not-a-member = The agent {$object} cannot be taken out of this asset.
command-failure-not-a-member-why = It does not belong to it, or it is the only one.
command-failure-not-a-member-next = kataster asset show shows who belongs to it.
command-failure-no-asset = There is no asset {$object}.
command-failure-no-asset-why = The name is mistyped, or no report has arrived yet.
command-failure-no-asset-next = kataster asset list shows all.
command-failure-register = {$object} was not imported; the register is unchanged.
command-failure-register-why = The file holds statements that do not exist or contradict one another.
command-failure-register-next = Correct the lines that are named and repeat the command.
command-failure-listen = {$object} cannot be listened on.
command-failure-listen-why = Another program uses the port, or the address is not of this machine.
command-failure-listen-next = Name other addresses in the configuration: agents, enrolment.
command-failure-server-names = The collector cannot have a certificate under these names: {$object}
command-failure-server-names-why = A name is neither a host name nor an address.
command-failure-server-names-next = Correct names in the configuration.
command-failure-quick-agent = The agent of this machine could not report.
command-failure-quick-agent-why = Loopback is not available, or the data folder cannot be written.
command-failure-quick-agent-next = kataster-agent once --print shows what the agent sees without a collector.
command-failure-config = The configuration {$object} cannot be used.
command-failure-config-why = It is missing or holds a statement that does not exist.
command-failure-config-next = Correct the line that is named.
command-failure-no-data-dir = No data folder is known.
command-failure-no-data-dir-why = Neither HOME nor XDG_STATE_HOME is set.
command-failure-no-data-dir-next = Name one: --data-dir.
command-failure-path = {$object} is no usable path.
command-failure-path-why = It is empty, or the current folder was removed.
command-failure-path-next = Name an absolute path.
command-failure-read = {$object} cannot be read.
command-failure-read-why = The file is missing, closed to you, or no text.
command-failure-read-next = Check path and rights.
command-failure-control = The running collector in {$object} does not answer.
command-failure-control-why = It was just ended, or the folder belongs to somebody else.
command-failure-control-next = Run the command as the owner of the data folder.
command-failure-interrupted = Interrupted; nothing was written.
command-failure-interrupted-why = You pressed Ctrl-C.
command-failure-interrupted-next = Run the command again when you are ready.
command-failure-passphrase = The passphrase cannot be used.
command-failure-passphrase-why = It is empty or too short.
command-failure-passphrase-next = Write a long passphrase into the file.
command-failure-restore = The backup {$object} was not restored; nothing was changed.
command-failure-restore-why = It is damaged, the passphrase does not fit, or the data folder is not empty.
command-failure-restore-next = Name a new folder with --data-dir and check the file.
command-failure-chain-broken = The chain of the event log is broken at event {$object}.
command-failure-chain-broken-why = An event was removed or changed outside of Kataster.
command-failure-chain-broken-next = Keep the file as evidence and restore the newest good backup.
