# Accounts, and statements that somebody must stand by.
account-actor-account = account {$name}
account-actor-user = system user {$name}
account-voice-administrator = an account with the access admin
account-voice-nobody = nobody: no role of the register is named
account-claim-open = claimed by {$actor} on {$at} ({$source}), not confirmed ({$claim})
account-claim-confirmed = confirmed by account {$account} ({$role}) on {$at} ({$claim})
account-claim-from-before = claimed before there were accounts; not confirmed
account-claim-lapsed = confirmed by account {$account} on {$at}, then changed by {$actor} ({$source}): to be confirmed again, does not count ({$claim})
account-claim-after-recovery = after the account was recovered on {$at} without its password
account-recovered = The account {$account} was given a new password on {$at} without its old one, by {$actor} in the data folder (event {$event}). What it has confirmed since is marked.
account-claims-of = Confirmation
account-claims-on-cover = Who stands by it
account-none = There is no account yet. Whoever may write the data folder makes the first: kataster user add NAME --access admin
account-no-claims = Nothing waits for a confirmation.
account-import-claims = { $count ->
    [one] One statement of it counts
   *[other] {$count} statements of it count
} only once an account with the named role confirms: kataster audit pending
account-column-name = Account
account-column-access = Access
account-column-roles = Speaks for
account-column-system-user = System user
account-column-password = Password
account-column-since = Since
account-column-claim = No.
account-column-field = Field
account-column-value = Claimed
account-column-voice = Whose word it is
account-column-state = State
account-column-claimed-by = By
account-column-source = From
account-column-event = Event
account-column-at = Time
account-column-actor = Who
account-column-kind = What
account-column-object = Object
account-column-change = Before → after
account-log-empty = No event matches.
account-log-more = There are more: --after {$event}
account-log-forgotten = deleted (forget)
account-state-open = not confirmed
account-state-lapsed = to be confirmed again
account-state-confirmed = confirmed
account-state-rejected = rejected
account-prompt = Password of the account {$name}:
account-prompt-new = New password of the account {$name} (12 characters at least):
account-prompt-again = Once more:
