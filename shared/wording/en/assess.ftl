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
