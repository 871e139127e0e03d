# Judgements: how complete a host was read, what lists name, what is wrong with an agent.

## Completeness
assess-completeness = Completeness: {$percent} % ({$answered} of {$sources} sources answered in full)
assess-step-right = run the reader with {$needs}: +{$gain} % ({$sources})
assess-step-failure = find out why it fails: {$sources}: +{$gain} %
assess-step-slowness = find out why it is too slow: {$sources}: +{$gain} %
assess-step-complaint = look at what was not understood: {$sources}: +{$gain} %

## Guests and hosts
assess-runs-on = Runs on: {$others}
assess-hosts = Hosts: {$others}
assess-managed-by = Management controller (BMC): {$others}
assess-manages = Is the management controller of: {$others}

## What the command line shows of settings and lists
assess-settings-of = Settings: {$subject}
assess-not-set = not set
assess-machines-of = {$list} ({$keeper}) names
assess-machine-active = in use
assess-machine-idle = not in use
assess-more-in-json = and {$count} more; -o json shows all

## Machines that lists name
assess-coverage-missing = not recorded
assess-coverage-ambiguous = several assets fit
assess-coverage-possible = perhaps recorded
assess-coverage-seen-only = seen only, not contacted
assess-coverage-scanned = scanned, no agent
assess-coverage-reported = agent reports
assess-coverage-not-expected = no longer in use
assess-matched-by-system-uuid = device UUID
assess-matched-by-mac = MAC address
assess-matched-by-full-name = name with domain
assess-matched-by-name-and-address = name and address

## How agents do
assess-health-silent = silent
assess-health-never-reported = never reported
assess-health-refused = turned away
assess-health-impaired = reports with faults
assess-health-not-enrolled = installed, not enrolled
assess-health-well = reports
assess-health-revoked = revoked
assess-reason-awaits-approval = waits for the approval of a person
assess-reason-quarantined = two machines speak with its key
assess-reason-certificate-expired = its certificate has run out
assess-reason-clock-off = its clock is far off
assess-reason-turned-away = the collector turned it away
assess-reason-agent-stopped = the host is alive: the agent does not run or cannot reach the collector
assess-reason-off = off or unreachable
assess-reason-long-absence = long absence, such as a holiday
assess-reason-vpn-only = outside of the company's networks (VPN only)
assess-reason-sources-fail = many of its sources fail
assess-why-last-heard = last report {$at}; {$missed} reports missed
assess-why-enrolled = enrolled {$at}
assess-why-certificate = certificate ended {$at}
assess-why-skew = its clock differs by {$minutes} minutes
assess-why-turned-away = turned away {$at}: {$code}
assess-why-seen = others saw {$address} {$at}
assess-why-asked = a scan asked {$address} {$at}: no answer
assess-why-unseen = nobody saw it since, and no scan asked it
assess-why-habit = before that it reported on {$days} of {$of} days
assess-why-outside = none of its last addresses is in a network of the register
assess-why-sources = {$failed} of {$of} sources failed

## Data quality
assess-quality-silent-agents = Agent that has fallen silent
assess-quality-silent-agents-remedy = Sheet Agents, or kataster agent list --health: the likely reason stands there.
assess-quality-incomplete = System of which the agent could read less than 80 %
assess-quality-incomplete-remedy = Sheet Agents, or kataster asset show: what would raise it most stands there.
assess-quality-missing = Machine that a list names and nobody recorded
assess-quality-missing-remedy = Sheet Coverage: install an agent, scan the network or clear the list.
