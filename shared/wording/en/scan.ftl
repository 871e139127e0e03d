# Words of network scans.


## Before and during
scan-estimate = {$addresses ->
    [one] One address
   *[other] {$addresses} addresses
}, about {$packets ->
    [one] one packet
   *[other] {$packets} packets
}, about {$seconds} s at {$rate} packets/s
scan-estimate-without-packets = {$addresses ->
    [one] One address
   *[other] {$addresses} addresses
}; how long it takes depends on what answers
scan-stopping = Stopping; what was found is kept …
scan-phase-discovery = Looking for what answers …
scan-phase-ports = Asking for open ports …
scan-phase-services = Asking services …
scan-phase-paths = Following paths …
scan-phase-reconciling = Reconciling …

## Columns
scan-column-addresses = Addresses
scan-column-found = Found
scan-column-hops = Hops
scan-column-kind = Kind
scan-column-name = Name
scan-column-networks = Networks
scan-column-next = Next run
scan-column-packets = Packets
scan-column-plan = Plan
scan-column-profile = Profile
scan-column-run = Run
scan-column-seen = Seen by
scan-column-services = Services
scan-column-started = Started
scan-column-state = State
scan-column-system = System
scan-column-vantage = From
scan-column-vendor = Maker and model
scan-column-when = When
scan-column-window = Window

## Kinds of devices
scan-kind-access-point = access point
scan-kind-camera = camera
scan-kind-client = workplace
scan-kind-control = control
scan-kind-firewall = firewall
scan-kind-hypervisor = virtualisation host
scan-kind-laptop = laptop
scan-kind-mobile = mobile device
scan-kind-network-device = network device
scan-kind-phone = telephone
scan-kind-printer = printer
scan-kind-router = router
scan-kind-server = server
scan-kind-storage = storage
scan-kind-switch = switch
scan-kind-unknown = unknown
scan-kind-ups = UPS

## How a device is known
scan-seen-agent = agent
scan-seen-neighbour-table = neighbour table, not contacted
scan-seen-path = on a path
scan-seen-scan = scan

## States of a run
scan-state-complete = complete
scan-state-failed = failed
scan-state-partial = partial
scan-state-running = running
scan-state-waiting = waits for its agent

## Summary
scan-found-devices = {$devices ->
    [one] One device
   *[other] {$devices} devices
}, {$services ->
    [one] one service
   *[other] {$services} services
}, {$subnets ->
    [one] one network
   *[other] {$subnets} networks
}
scan-figures = {$answered} of {$addresses ->
    [one] one address
   *[other] {$addresses} addresses
} answered; {$packets ->
    [one] one packet
   *[other] {$packets} packets
} in {$seconds} s
scan-nothing-found = Nothing answered.
scan-gaps = What is missing and why
scan-gap-contact = seen in a neighbour table, not contacted
scan-gap-devices = {$count ->
    [one] one device
   *[other] {$count} devices
}
scan-collector = collector

## Remarks on a run
scan-remark-interrupted = It was interrupted; what was found until then is kept.
scan-remark-window_closed = Its time window ended; what was found until then is kept.
scan-remark-no_raw_sockets = The right to send packets of its own making is missing: only what can be connected to was found, no hardware addresses, no paths.
scan-remark-no_route = No route leads to { $what } of the addresses.
scan-remark-raw_failed = Sending packets failed: { $what }
scan-remark-proxy_arp = One device answers for a whole range of addresses ({ $what }); an address there counts only where something else answered too.
scan-remark-gateway_silent = The router { $what } does not answer; the addresses behind it (their number in brackets) were not asked.
scan-remark-duplicate_address = Two devices claim the same address: { $what }
scan-remark-no_way = { $what } could no longer be reached; its ports were not asked.
scan-remark-silent_ports = { $what } stayed silent; its remaining ports were not asked.
scan-remark-paths_failed = The ways to the devices could not be followed: { $what }
scan-remark-own_capped = { $what } own addresses of the scanning machine were not asked: its loopback network has millions.
scan-remark-link_local = { $what } addresses hold on their network segment only (fe80::/10): they answered and were asked nothing more.
scan-remark-host_failed = Asking { $what } broke off by a bug; known is only what was found before.
scan-remark-connect_failed = This machine could not open all connections: { $what }
scan-remark-further_remarks = Further remarks of the same kind, not listed one by one (their number in brackets): { $what }
scan-remark-not_permitted = The configuration of the scanning agent does not permit it: { $what }
scan-remark-stopped = It was stopped by a person; what was found until then is kept.
scan-remark-collector_ended = The collector was ended; what was found until then is kept.
scan-remark-scanner_failed = The scanner could not do it: { $what }
scan-remark-scanner_lost = The scanner process ended before it was done; what was found until then is kept.

## Reasons
scan-reason-failed = failed
scan-reason-not-allowed = not allowed
scan-reason-not-here = nothing of the kind
scan-reason-not-looked-at = deliberately not asked
scan-reason-timed-out = no answer
scan-changes = Different from the run before

## An address
scan-explain-plan = Plan {$plan} scans it (in {$network}).
scan-explain-plan-excluded = Plan {$plan} leaves it out: {$excluded} is excluded from {$network}.
scan-explain-no-plan = No plan scans it.
scan-explain-answered = Run {$run} of {$at} asked it: it answered.
scan-explain-silent = Run {$run} of {$at} asked it: no answer.
scan-explain-facts = {$count ->
    [0] answered, nothing of the kind
    [one] answered, one fact
   *[other] answered, {$count} facts
}

## Differences between runs
scan-change-address-changed = other address
scan-change-device-appeared = new device
scan-change-device-gone = gone
scan-change-differences-not-listed = more differences that are not listed
scan-change-firmware-changed = other firmware
scan-change-hardware-address-changed = other hardware address
scan-change-ports-closed = ports closed
scan-change-ports-opened = ports opened

## More remarks on a run
scan-remark-agent_silent = The agent was not heard of for two days, or may not speak any more; what it had delivered by then is kept.
scan-remark-credentials_closed = Credentials of the plan do not open, so SNMP was asked without them (how many: { $what }). After a restore without passphrase they are entered again.
scan-remark-part_not_taken = The collector did not take part { $what } of the results; what it took before is kept.
scan-remark-remarks_capped = There are { $what } remarks more, which are not listed.
