# Accounts, and statements that somebody must stand by.
account-actor-account = Konto {$name}
account-actor-user = Systembenutzer {$name}
account-voice-administrator = ein Konto mit der Berechtigung admin
account-voice-nobody = niemand: es ist keine Rolle des Registers genannt
account-claim-open = behauptet von {$actor} am {$at} ({$source}), nicht bestätigt ({$claim})
account-claim-confirmed = bestätigt von Konto {$account} für „{$role}“ am {$at} ({$claim})
account-claim-from-before = behauptet, bevor es Konten gab; nicht bestätigt
