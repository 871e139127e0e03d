# Words of the workbook.

## Words in cells
workbook-yes = yes
workbook-no = no
workbook-check = to be checked
workbook-unknown = unknown
workbook-not-assessed = not assessed
workbook-no-data = no data
workbook-nothing = none
workbook-reason-no-source = No source reported anything about this.

## Drop-down lists
workbook-kind-server = Server
workbook-kind-client = Workplace
workbook-kind-laptop = Laptop
workbook-kind-network-device = Network device
workbook-kind-printer = Printer
workbook-kind-telephone = Telephone
workbook-kind-mobile-device = Mobile device
workbook-kind-storage = Storage
workbook-kind-control = Plant control
workbook-classification-public = public
workbook-classification-internal = internal
workbook-classification-confidential = confidential
workbook-classification-strictly-confidential = strictly confidential
workbook-lifecycle-operating = in operation
workbook-lifecycle-retired = retired
workbook-need-normal = normal
workbook-need-high = high
workbook-need-very-high = very high
workbook-personal-data-special = special categories (Art. 9 GDPR)
workbook-review-noted = noted
workbook-review-check = to be checked
workbook-review-confirmed = confirmed
workbook-security-zone-public = public
workbook-security-zone-internal = internal
workbook-security-zone-secured = secured
workbook-security-zone-highly-secured = highly secured
workbook-column-source = Source
workbook-column-as-of = As of

## Workbook
workbook-column-id = ID
workbook-lists = Lists
workbook-draft = Draft
workbook-export = Export no. { $number }
workbook-page = Page
workbook-company-open = Company not stated
workbook-classification-proposed = internal (proposed)
workbook-subtitle-as-of =
    As of { $at } · { $rows } { $rows ->
        [one] row
       *[other] rows
    }
workbook-origin-agent = Agent
workbook-origin-scan = Network scan
workbook-origin-by-hand = by hand
workbook-origin-computed = computed
workbook-origin-key = key
workbook-trust-inferred = concluded
workbook-trust-imported = imported
workbook-trust-measured = measured from outside
workbook-trust-confirmed = read on the device
workbook-trust-stated = stated by a person

## Cover
workbook-cover = Cover
workbook-cover-subtitle = Document control, figures, contents and legend
workbook-cover-title = IT documentation
workbook-cover-lead = Inventory for the ISMS
workbook-cover-field = Field
workbook-cover-value = Value
workbook-cover-control = Document control
workbook-cover-version = Version
workbook-cover-version-text = Export no. { $number } · Draft, not released
workbook-cover-as-of = Data as of
workbook-cover-first = first export
workbook-cover-previous = previous export: { $at }
workbook-cover-created-by = Created by
workbook-cover-events = Event chain
workbook-cover-no-events = no entries yet
workbook-cover-events-text = { $count } entries, newest hash (SHA-256): { $head }
workbook-cover-data = Assessment data
workbook-cover-data-none = Ends of support and vulnerabilities: no data loaded
workbook-cover-company = Company
workbook-cover-scope = Scope
workbook-cover-classification = Classification
workbook-cover-officer = Information security
workbook-cover-reviewed-by = Reviewed by, on
workbook-cover-released-by = Released by, on
workbook-cover-next-review = Next review
workbook-cover-distribution = Distribution
workbook-cover-glance = At a glance
workbook-cover-contents = Contents
workbook-cover-rules =
    { $count ->
        [one] Rule
       *[other] Rules
    } { $rules }
workbook-cover-rows =
    { $count ->
        [one] 1 row
       *[other] { $count } rows
    }
workbook-cover-no-rows = no entries
workbook-cover-how = How to use this workbook
workbook-cover-how-by-hand = Yellow cells may be changed in Excel or LibreOffice. Empty means: not stated yet. Red means: a mandatory value is missing.
workbook-cover-how-agent = Read by an agent on the device itself. Source and time stand in the note of the cell or in the last columns of the row.
workbook-cover-how-scan = Measured over the network. Without a network scan it says “no data” here.
workbook-cover-how-computed = Computed by Kataster from what agents and the register say.
workbook-cover-how-key = IDs stay the same over all exports; please do not change them. Row 4 of every sheet is hidden and holds the keys of the columns.
workbook-cover-how-words = “unknown”: looked for and not found or not readable, the note says why. “no data”: there is no source yet. “not assessed”: a person has yet to decide. “none”: looked at, there is nothing.
workbook-cover-how-draft = This workbook is a draft: no authorised person has released it.
workbook-cover-licences = Third parties
workbook-cover-licences-text = Kataster is licensed under the Apache License 2.0. The network plan uses the font Liberation Sans (Digitized data © 2010 Google Corporation, © 2012 Red Hat, Inc., SIL Open Font License 1.1). All libraries with their licences are listed by: kataster --version --licences.
workbook-tile-devices = IT systems in the inventory
workbook-tile-coverage = Systems read completely
workbook-tile-of = { $count } of { $total }
workbook-tile-unsupported = Systems without support
workbook-tile-risks = Risks ≥ high
workbook-tile-unknown = unknown peers observed
workbook-tile-licences = Licence shortfalls

## Document control
workbook-document-control = Document control
workbook-document-control-subtitle = Versions, reasons, review and release
workbook-document-version = Version
workbook-document-version-text = Draft { $number }
workbook-document-date = Date
workbook-document-author = Edited by
workbook-document-reason = Reason
workbook-document-reason-text = Export no. { $number } from Kataster
workbook-document-section = Section
workbook-document-section-all = all sheets
workbook-document-reviewed = Reviewed by, on
workbook-document-released = Released by, on

## Network plan
workbook-plan = Network plan
workbook-plan-subtitle = Zones, networks and systems with the observed connections; the table below the picture names every box
workbook-plan-empty = No system recorded and no zone stated yet: there is nothing to draw.
workbook-plan-about = As of { $at } · Draft · Export no. { $number }
workbook-plan-outside = External
workbook-plan-outside-about = outside of all own networks
workbook-plan-internet = Internet
workbook-plan-no-peers = no connection observed
workbook-plan-peers =
    { $count } { $count ->
        [one] peer
       *[other] peers
    } observed
workbook-plan-unlisted = not assigned to a zone in the register
workbook-plan-nowhere = Without a known network
workbook-plan-nowhere-about = no address in a known network
workbook-plan-ot = plant (OT)
workbook-plan-gateway = Gateway
workbook-plan-gateway-about = not in the inventory
workbook-plan-more = … and { $count } more systems
workbook-plan-more-about = see sheet IT systems
workbook-plan-addresses =
    { $count } unknown { $count ->
        [one] address
       *[other] addresses
    }
workbook-plan-addresses-about = observed as peer, no agent
workbook-plan-system-unknown = operating system unknown
workbook-plan-no-address = no address known
workbook-plan-no-systems = no systems recorded
workbook-plan-legend = Legend
workbook-plan-legend-zone = zone of the register
workbook-plan-legend-unlisted = network without zone
workbook-plan-legend-system = system in the inventory
workbook-plan-legend-unknown = observed, not in the inventory
workbook-plan-legend-lines = Thick line: way out over a gateway that systems name or a scan found; dashed: no gateway observed. Thin line with services: observed connection; red: to the outside; dark with a name: way through a router that a scan followed.
workbook-plan-legend-need = Protection need and criticality (K1–K5): not assessed. Connections within a network: sheet Connections.
workbook-plan-sources =
    Source: { $agents ->
        [0] no agent
        [one] an agent on one system
       *[other] agents on { $agents } systems
    }, { $scans ->
        [0] no network scan
        [one] one network scan
       *[other] { $scans } network scans
    } and the register; no switch tables.
workbook-plan-left-out = { $count } more connections between networks are not drawn.
workbook-plan-kind = Kind
workbook-plan-kind-outside = external
workbook-plan-kind-gateway = gateway
workbook-plan-kind-system = IT system
workbook-plan-kind-addresses = unknown addresses
workbook-plan-kind-more = summed up
workbook-plan-node = Label
workbook-plan-node-about = Details
workbook-plan-frame = Frame (zone, network)

## Changes
workbook-changes = Changes
workbook-changes-subtitle = What changed since the previous export
workbook-changes-empty = No changes.
workbook-changes-first = First export: there is nothing to compare with yet, everything counts as new.
workbook-changes-since = Compared with the export of { $at }.
workbook-changes-volatile = Volatile values (connections, neighbours, free space, uptime) are left out.
workbook-change-at = Time
workbook-change-kind = Kind
workbook-change-object = Object
workbook-change-field = Field
workbook-change-before = before
workbook-change-after = now
workbook-change-review = Review
workbook-change-added = new
workbook-change-removed = gone
workbook-change-changed = changed
workbook-change-stated = by hand

## Traceability
workbook-traceability = Traceability
workbook-traceability-subtitle = Ten rules of documentation, the sheets that serve them, and the evidence therein
workbook-rule-number = Rule
workbook-rule-text = What it is about
workbook-rule-sheets = Sheets
workbook-rule-evidence = Rows of evidence
workbook-rule-status = Status
workbook-rule-open = What is missing
workbook-rule-remark = Remark
workbook-rule-partly = partly evidenced
workbook-rule-no-sheet = no sheet yet
workbook-rule-standards = The mapping to standards (ISO 27001, BSI IT-Grundschutz, NIS 2) is left out until it has been checked.
workbook-rule-1 = Overview: terms and structure are explained.
workbook-rule-1-open = Terms stand on the cover; a full glossary is missing.
workbook-rule-2 = Starting point: the present state is analysed.
workbook-rule-2-open = Data quality is counted; a person answers the CyberRisikoCheck.
workbook-rule-3 = Inventory: assets, systems, networks and connections are documented.
workbook-rule-3-open = Devices without an agent are missing until networks are scanned.
workbook-rule-4 = Framework: the standard to follow is chosen.
workbook-rule-4-open = The choice stands in the register; the list of gaps per framework is missing.
workbook-rule-5 = Risks: protection need and risks are assessed and treated.
workbook-rule-5-open = Protection need, risks and measures are not assessed.
workbook-rule-6 = Objectives: objectives and figures are confirmed by management.
workbook-rule-6-open = Figures that need an assessment are not assessed; the release by management stands on the cover.
workbook-rule-7 = People: roles and responsibilities are assigned.
workbook-rule-7-open = Evidence of training is kept by hand.
workbook-rule-8 = Measures: policies and measures are put into practice.
workbook-rule-8-open = The implementation plan is missing.
workbook-rule-9 = Cycle: plan, do, check, act is evidenced.
workbook-rule-9-open = Changes are evidenced; checking whether measures work is missing.
workbook-rule-10 = Control: documents and changes can be traced.
workbook-rule-10-open = Review and release of this draft are pending.

## Data quality
workbook-quality = Data quality
workbook-quality-subtitle = What is missing or doubtful in the inventory, counted, with names and the next step
workbook-quality-no-scan = No network was scanned: this inventory does not know devices that no system spoke with.
workbook-quality-id = Check (ID)
workbook-quality-check = Check
workbook-quality-count = affected
workbook-quality-total = checked
workbook-quality-affected = Names
workbook-quality-remedy = Next step
workbook-quality-later = Will be assessed by later work.
workbook-quality-without-owner = System without an owner
workbook-quality-without-owner-remedy = Add an [[owner_rule]] to the register.
workbook-quality-without-room = System without a room
workbook-quality-without-room-remedy = Add a [[location_rule]] to the register.
workbook-quality-without-zone = System in no zone
workbook-quality-without-zone-remedy = Assign the network to a [[zone]] in the register.
workbook-quality-without-kind = Kind of system unknown
workbook-quality-without-kind-remedy = Run the agent with system rights, so that the enclosure can be read.
workbook-quality-silent = System not seen for more than 30 days
workbook-quality-silent-remedy = Check whether the system is still in use.
workbook-quality-not-allowed = System on which the agent was not allowed to read everything
workbook-quality-not-allowed-remedy = Install the agent as a service with the rights it needs.
workbook-quality-failed = System with a failed source
workbook-quality-failed-remedy = Run on the system: kataster-agent once --print -o table
workbook-quality-agents = Agent waits for a decision
workbook-quality-agents-remedy = kataster agent list, then approve or revoke
workbook-quality-no-report = Agent enrolled, no report yet
workbook-quality-no-report-remedy = Check on the system whether the agent runs.
workbook-quality-clock = Clock is off by more than 5 minutes
workbook-quality-clock-remedy = Set up time synchronisation (NTP) on the system.
workbook-quality-serials = Serial number present more than once
workbook-quality-serials-remedy = kataster asset conflicts: merge or split
workbook-quality-conflicts = Doubtful identity
workbook-quality-conflicts-remedy = kataster asset conflicts: merge or split
workbook-quality-addresses = Peer without an entry in the inventory
workbook-quality-addresses-remedy = Install an agent or record the device by hand.
workbook-quality-need = Process or information without protection need
workbook-quality-need-remedy = State confidentiality, integrity and availability in the register.
workbook-quality-dependencies = Dependency not confirmed
workbook-quality-support = End of support unknown
workbook-quality-networks = Network never scanned
workbook-vantage-collector = collector
workbook-plan-seen-only = seen only, not contacted
workbook-plan-kind-seen = system, seen only
workbook-kind-router = router
workbook-kind-switch = switch
workbook-kind-firewall = firewall
workbook-kind-access-point = access point
workbook-kind-hypervisor = hypervisor
workbook-kind-camera = camera
workbook-kind-power-supply = UPS
