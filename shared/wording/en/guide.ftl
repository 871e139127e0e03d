# What is to be stated next (register next), what is due (register due), templates (register template).

guide-begin-site = Which sites are there?
guide-begin-building = Which buildings are there?
guide-begin-room = Which rooms are there that systems stand in?
guide-begin-unit = Which organisational units are there?
guide-begin-role = Which roles are there? Names of persons are not needed.
guide-begin-process = Which business processes are there? Five to ten are enough.
guide-begin-information = Which kinds of information does the company work with?
guide-begin-application = Which applications are there?
guide-begin-zone = Into which zones is the network divided?
guide-begin-provider = Which providers work for the company?
guide-begin-line = Which lines lead to the outside?
guide-begin-backup = What is backed up?
guide-begin-goal = Which goals does the company pursue?

guide-question-network = Which zone does the network {$network} belong to?
guide-question-system-owner = { $count ->
    [one] Who answers for a system without a known network?
   *[other] Who answers for {$count} systems without a known network?
}
guide-question-system-owner-in-network = { $count ->
    [one] Who answers for a system in the network {$network}?
   *[other] Who answers for {$count} systems in the network {$network}?
}
guide-question-system-room = { $count ->
    [one] In which room does a system without a known network stand?
   *[other] In which rooms do {$count} systems without a known network stand?
}
guide-question-system-room-in-network = { $count ->
    [one] In which room does a system in the network {$network} stand?
   *[other] In which room do {$count} systems in the network {$network} stand?
}
guide-question-contract = Which contract is there with {$provider}?
guide-question-backup-systems = { $count ->
    [one] Which backup covers a server that no plan names?
   *[other] Which backup covers {$count} servers that no plan names?
}
guide-question-product = { $count ->
    [one] Is {$product} wanted (on one system)?
   *[other] Is {$product} wanted (on {$count} systems)?
}

guide-why-company-name = The name stands on the cover and at the foot of every page.
guide-why-company-scope = The scope says what all statements of the documentation hold for.
guide-why-company-sector = The sector says which template fits and which rules may apply.
guide-why-company-employees = The number of employees is part of what decides which rules apply.
guide-why-company-management = Releases hold only once somebody confirms them for this role.
guide-why-company-security-officer = Without this role nobody can be asked about information security.
guide-why-company-classification = The classification tells every reader whom to show the workbook to.
guide-why-company-next-review-on = Documentation without a date grows old; “register due” reminds of it.
guide-why-thresholds-damage-normal-eur = From which damage on the protection need is high decides every rating.
guide-why-thresholds-outage-normal-hours = From which outage on the protection need is high decides every rating of availability.
guide-why-site = Buildings, rooms, lines and the network plan hang on sites.
guide-why-site-address = The address belongs on the network plan and into every emergency paper.
guide-why-building = Rooms lie in buildings.
guide-why-room = Without rooms no system has a place; the column “Room” of the sheet “IT systems” stays open.
guide-why-room-security-zone = How a room is protected holds for all that stands in it.
guide-why-unit = Units order roles and processes.
guide-why-unit-head = Who leads the unit decides on its processes.
guide-why-role = Who answers is stated as a role: for processes, systems, contracts and measures.
guide-why-role-deputy = Without a deputy the task stands still when somebody is missing.
guide-why-process = Protection needs begin with the business processes. “kataster register template list” shows templates.
guide-why-process-owner = Only who answers for the process can set its protection need.
guide-why-process-confidentiality = From the needs of processes follow those of all applications, systems and rooms. Not assessed is not normal.
guide-why-process-outage-hours = How long the process may be out decides on backup and recovery.
guide-why-process-applications = Applications tie processes to systems.
guide-why-information = Which information there is decides on confidentiality and data protection.
guide-why-information-confidentiality = The needs of information pass on to applications and places of storage. Not assessed is not normal.
guide-why-information-personal-data = The GDPR applies to personal data.
guide-why-information-processing-record = For personal data a record of processing activities is to be kept (Art. 30 GDPR).
guide-why-application = Applications tie processes to systems.
guide-why-application-recognise = By this it is recognised on which systems the application runs.
guide-why-application-owner-business = Somebody must be able to say what the application is to do and who may use it.
guide-why-application-information = By the information the application gets its protection need.
guide-why-zone = Zones say what a network is for and what it may reach.
guide-why-zone-purpose = On the sheet “Networks” the networks of this zone have no purpose.
guide-why-network = A network without a zone has no purpose and no allowed connections.
guide-why-system-owner = Who answers decides on changes and gets the hints. A rule holds for future systems too.
guide-why-system-room = Without a room a system has no site on the network plan. A rule holds for future systems too.
guide-why-provider = Contracts, lines and cloud services name their provider.
guide-why-provider-processing-agreement = Who processes personal data needs a contract under Art. 28 GDPR.
guide-why-provider-remote-access = Remote access is a way into the network that somebody must know and allow.
guide-why-contract = Term, notice and reaction time stand in the contract.
guide-why-contract-owner = Somebody must know when notice has to be given.
guide-why-contract-notice-by = Without a date of notice the contract goes on unnoticed.
guide-why-line = Without a line it is not known how the site is reached.
guide-why-line-fault-hotline = During an outage there is no time to search.
guide-why-domain-expires-on = A domain that runs out takes mail and web site with it.
guide-why-cloud-service-data-location = Where the data lies decides which law applies.
guide-why-cloud-service-second-factor = A service on the internet without a second factor is open to one password.
guide-why-cloud-service-exit-plan = Without a way out the provider sets price and term.
guide-why-backup = Without a plan of backups nobody can say what an outage costs.
guide-why-backup-systems = “Observed” is not “secured”: only the plan says which backup covers which server.
guide-why-backup-target = A backup on the same system is lost with it.
guide-why-backup-offline-copy = Only what is apart from the network survives an attack that encrypts.
guide-why-backup-restore-tested-on = Only a restore that was tested makes a backup.
guide-why-licence = Without it the entitlement cannot be compared with its use (sheet “Licence balance”).
guide-why-product = What nobody wants is a surface for attacks; what is wanted may need a licence.
guide-why-goal = Figures and measures serve goals (rule 6).

guide-due-contract = Contract
guide-due-licence = Licence
guide-due-domain = Domain
guide-due-certificate = Certificate
guide-due-review = Review
guide-due-measure = Measure
guide-due-past = { $days ->
    [one] past for one day
   *[other] past for {$days} days
}
guide-due-left = { $days ->
    [0] today
    [one] one day left
   *[other] {$days} days left
}
guide-due-nothing = In the next {$days} days nothing is due that the register or a certificate names a date for.
guide-due-summary = { $count ->
    [one] One date in {$days} days, {$past} of them past.
   *[other] {$count} dates in {$days} days, {$past} of them past.
}

guide-column-on = On
guide-column-left = Time left
guide-column-kind = Kind
guide-column-what = What
guide-column-event = Date
guide-column-owner = Owner
guide-column-name = Name
guide-column-title = For
guide-column-entries = Entries
guide-column-bar = Bar
guide-column-done = Done
guide-column-points = Points

guide-stage-company = Company
guide-stage-sites = Sites
guide-stage-units = Units and roles
guide-stage-processes = Business processes
guide-stage-information = Information
guide-stage-applications = Applications
guide-stage-networks = Networks
guide-stage-systems = Systems
guide-stage-agreements = Contracts and services
guide-stage-backups = Backups
guide-stage-licences = Licences and products
guide-stage-steering = Steering

guide-bar-places = Systems with a room
guide-bar-networks = Networks with zone and purpose
guide-bar-kinds = Systems of a known kind
guide-bar-fresh = Systems heard of within 30 days
guide-bar-servers = Servers with an agent
guide-bar-clients = Workplaces with an agent
guide-bar-software = Most widespread products decided on
guide-bar-firmware = Network devices of known firmware
guide-bar-uplinks = Devices with a known cable
guide-bar-owners = Systems with an owner
guide-bar-needs = Processes and information with a protection need

guide-percent = Documented: {$percent} %
guide-percent-none = Documented: cannot be computed, because nothing is known yet
guide-left-out = Does not count, because there is nothing of the kind: {$bars}
guide-conflicts = { $count ->
    [one] One contradiction between observers is open; until then 100 % is not possible.
   *[other] {$count} contradictions between observers are open; until then 100 % is not possible.
}
guide-gain = brings {$points} percent points
guide-examples = Concerns {$count}: {$names}
guide-answer-command = Command: {$command}
guide-answer-cell = Workbook: sheet “{$sheet}”, row {$row}, column “{$column}”
guide-answer-sheet = Workbook: sheet “{$sheet}”, new row, column “{$column}”
guide-and-more = { $count ->
    [one] and one more question (--limit 0 shows all)
   *[other] and {$count} more questions (--limit 0 shows all)
}
guide-nothing-open = No question is open.

guide-template-added = Begun: {$entries}
guide-template-kept = There already and unchanged: {$entries}
guide-template-nothing = All of the template {$name} stands in the register already; nothing was changed.
guide-template-done = { $count ->
    [one] One entry of the template {$name} was begun. Proposals are no statements yet: check it and then empty “From template”. No protection need is set.
   *[other] {$count} entries of the template {$name} were begun. Proposals are no statements yet: check each and then empty “From template”. No protection need is set.
}
guide-template-undo = To take it back as a whole: kataster undo {$event}
