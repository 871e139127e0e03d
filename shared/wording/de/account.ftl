# Accounts, and statements that somebody must stand by.
account-actor-account = Konto {$name}
account-actor-user = Systembenutzer {$name}
account-voice-administrator = ein Konto mit der Berechtigung admin
account-voice-nobody = niemand: es ist keine Rolle des Registers genannt
account-claim-open = behauptet von {$actor} am {$at} ({$source}), nicht bestätigt ({$claim})
account-claim-confirmed = bestätigt von Konto {$account} ({$role}) am {$at} ({$claim})
account-claim-from-before = behauptet, bevor es Konten gab; nicht bestätigt
account-claim-lapsed = von Konto {$account} am {$at} bestätigt, danach geändert von {$actor} ({$source}): erneut zu bestätigen, zählt nicht ({$claim})
account-claim-after-recovery = nach Wiederherstellung des Kontos am {$at} ohne sein Kennwort
account-recovered = Das Konto {$account} bekam am {$at} ohne sein altes Kennwort ein neues, durch {$actor} im Datenordner (Ereignis {$event}). Was es seitdem bestätigt, ist so gekennzeichnet.
account-claims-of = Bestätigung
account-claims-on-cover = Wer dafür einsteht
account-none = Es gibt noch kein Konto. Das erste legt an, wer in den Datenordner schreiben darf: kataster user add NAME --access admin
account-no-claims = Nichts wartet auf eine Bestätigung.
account-import-claims = { $count ->
    [one] Eine Angabe daraus gilt
   *[other] {$count} Angaben daraus gelten
} erst, wenn ein Konto mit der genannten Rolle sie bestätigt: kataster audit pending
account-column-name = Konto
account-column-access = Berechtigung
account-column-roles = Spricht für
account-column-system-user = Systembenutzer
account-column-password = Kennwort
account-column-since = Seit
account-column-claim = Nr.
account-column-field = Angabe
account-column-value = Behauptet
account-column-voice = Wessen Wort es ist
account-column-state = Stand
account-column-claimed-by = Von
account-column-source = Aus
account-column-event = Ereignis
account-column-at = Zeit
account-column-actor = Wer
account-column-kind = Was
account-column-object = Woran
account-column-change = Vorher → nachher
account-log-empty = Kein Ereignis passt dazu.
account-log-more = Es gibt weitere: --after {$event}
account-log-forgotten = gelöscht (forget)
account-state-open = nicht bestätigt
account-state-lapsed = erneut zu bestätigen
account-state-confirmed = bestätigt
account-state-rejected = zurückgewiesen
account-prompt = Kennwort des Kontos {$name}:
account-prompt-new = Neues Kennwort des Kontos {$name} (mindestens 12 Zeichen):
account-prompt-again = Noch einmal:
