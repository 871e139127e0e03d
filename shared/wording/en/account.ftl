# Accounts, and statements that somebody must stand by.
account-actor-account = account {$name}
account-actor-user = system user {$name}
account-voice-administrator = an account with the access admin
account-voice-nobody = nobody: no role of the register is named
account-claim-open = claimed by {$actor} on {$at} ({$source}), not confirmed ({$claim})
account-claim-confirmed = confirmed by account {$account} for “{$role}” on {$at} ({$claim})
account-claim-from-before = claimed before there were accounts; not confirmed
