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
