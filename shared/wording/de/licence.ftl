# Lizenzbilanz und Import von Lizenzlisten.

licence-column-state = Stand
licence-column-entitled-in-total = Berechtigt gesamt
licence-column-used = In Nutzung
licence-see = siehe {$code}

licence-state-even = Ausgeglichen
licence-state-surplus = Überdeckung
licence-state-short = Unterdeckung
licence-state-free = Kostenfrei
licence-state-entitled-not-stated = Menge nicht angegeben
licence-state-not-counted = Nicht gezählt
licence-state-no-entitlement = Keine Berechtigung bekannt

licence-reason-no-entitlement = Es ist keine Berechtigung erfasst. Das heißt nicht, dass keine besteht.
licence-reason-entitled-not-stated = Für wie viele die Berechtigung gilt, ist nicht angegeben.
licence-reason-metric-not-stated = Es ist nicht angegeben, was die Lizenz zählt (Metrik).
licence-reason-no-software-read = Von keinem Rechner wurde die installierte Software gelesen.
licence-reason-not-recognised = Kein installiertes Produkt heißt so. Tragen Sie unter „Pakete“ ein, welche Pakete gemeint sind.
licence-reason-users-not-seen = An Rechnern ist nicht zu sehen, wem eine Lizenz zugeordnet ist. Tragen Sie „Zugewiesen“ ein.
licence-reason-concurrent-not-seen = Wie viele gleichzeitig arbeiten, weiß nur der Lizenzserver. Tragen Sie den Höchstwert unter „Zugewiesen“ ein.
licence-reason-cores-not-known = { $count ->
    [one] Von einem der Rechner sind die Kerne nicht bekannt.
   *[other] Von {$count} der Rechner sind die Kerne nicht bekannt.
}
licence-reason-assignment-not-stated = An Rechnern ist nicht zu sehen, wem ein Abonnement zugewiesen ist. Tragen Sie „Zugewiesen“ ein oder lesen Sie die Liste des Anbieters ein.
licence-reason-too-great = Die Zahlen sind zu groß, um sie abzuziehen.

licence-hint-said-to-need-one = Im Blatt „Software“ als lizenzpflichtig angegeben.
licence-hint-stated-on = In Nutzung: angegeben, Stand {$day}; nicht beobachtet.
licence-hint-stated = In Nutzung: angegeben, ohne Stand; nicht beobachtet.
licence-hint-unread = { $count ->
    [one] Von einem weiteren Rechner wurde die Software nicht gelesen; es können mehr sein.
   *[other] Von {$count} weiteren Rechnern wurde die Software nicht gelesen; es können mehr sein.
}
licence-hint-cores = Gezählt sind die Kerne, die der Rechner sieht; Mindestmengen des Herstellers sind nicht eingerechnet.
licence-hint-access = Zugriffslizenzen: {$entitled} berechtigt, {$assigned} zugewiesen.
licence-hint-access-not-known = Zugriffslizenzen: nicht zu vergleichen, weil ihre Zahl oder die zugewiesenen nicht angegeben sind.
licence-hint-not-valid = Gilt heute nicht und ist nicht mitgezählt: {$codes}.
licence-hint-this-not-valid = Gilt heute nicht und ist nicht mitgezählt.
licence-hint-shared = Dieselben Installationen zählt auch {$codes}.

licence-problem-encoding = Die Zeichen der Datei sind nicht zu lesen. Speichern Sie sie als CSV in UTF-8.
licence-problem-quotation = Ein Anführungszeichen wird nicht geschlossen.
licence-problem-behind-quotation = Hinter dem schließenden Anführungszeichen steht noch Text.
licence-problem-control-character = Hier steht ein Steuerzeichen.
licence-problem-too-many-fields = Die Zeile hat mehr als 200 Felder.
licence-problem-too-many-records = Die Liste hat mehr als 20.000 Zeilen.
licence-problem-too-large = Die Datei ist größer als 16 MiB.
licence-problem-no-head = Keine Zeile mit Überschriften gefunden. Nötig sind mindestens „Produkt“ und „Menge“ (englisch „Product“ und „Quantity“), getrennt mit Semikolon, Komma oder Tabulator.
licence-problem-no-product-column = Die Spalte mit dem Produkt fehlt (Überschrift „Produkt“ oder „Product“).
licence-problem-no-quantity-column = Die Spalte mit der Menge fehlt (Überschrift „Menge“, „Anzahl“ oder „Quantity“).
licence-problem-no-product = Die Zeile nennt kein Produkt.
licence-problem-field-without-heading = Für diesen Wert gibt es keine Überschrift. Vielleicht trennt ein Zeichen im Text die Felder: setzen Sie ihn in Anführungszeichen.
licence-problem-day-two-ways = „{$value}“ lässt sich als zwei verschiedene Tage lesen. Schreiben Sie 2026-11-27 oder 27.11.2026.
licence-warning-contract-not-found = Den Vertrag „{$name}“ kennt das Register nicht (Kürzel, Name oder Nummer); die Angabe fehlt bei der Lizenz. Legen Sie ihn an und lesen Sie die Liste noch einmal ein.
licence-warning-provider-not-found = Den Dienstleister „{$name}“ kennt das Register nicht (Kürzel oder Name); die Angabe fehlt bei der Lizenz. Legen Sie ihn an und lesen Sie die Liste noch einmal ein.
licence-warning-expired = {$count} Lizenzen dieser Zeile sind laut Liste abgelaufen. Übernommen ist die Gesamtzahl, wie sie dort steht; prüfen Sie sie.
licence-warning-also-stated = Dasselbe Produkt steht im Register schon unter {$code}. Beide Berechtigungen werden zusammengezählt, wenn sie dieselbe Metrik haben; entfernen Sie eine, wenn dieselbe gemeint ist.
