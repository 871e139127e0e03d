# Was als Nächstes anzugeben ist (register next), Fristen (register due), Vorlagen (register template).

guide-begin-site = Welche Standorte gibt es?
guide-begin-building = Welche Gebäude gibt es?
guide-begin-room = Welche Räume gibt es, in denen Systeme stehen?
guide-begin-unit = Welche Organisationseinheiten gibt es?
guide-begin-role = Welche Rollen gibt es? Namen von Personen sind nicht nötig.
guide-begin-process = Welche Geschäftsprozesse gibt es? Fünf bis zehn genügen.
guide-begin-information = Mit welchen Arten von Informationen arbeitet das Unternehmen?
guide-begin-application = Welche Anwendungen gibt es?
guide-begin-zone = In welche Zonen ist das Netz geteilt?
guide-begin-provider = Welche Dienstleister arbeiten für das Unternehmen?
guide-begin-line = Welche Leitungen nach außen gibt es?
guide-begin-backup = Was wird gesichert?
guide-begin-goal = Welche Ziele verfolgt das Unternehmen?

guide-question-network = Zu welcher Zone gehört das Netz {$network}?
guide-question-system-owner = { $count ->
    [one] Wer ist für ein System ohne bekanntes Netz verantwortlich?
   *[other] Wer ist für {$count} Systeme ohne bekanntes Netz verantwortlich?
}
guide-question-system-owner-in-network = { $count ->
    [one] Wer ist für ein System im Netz {$network} verantwortlich?
   *[other] Wer ist für {$count} Systeme im Netz {$network} verantwortlich?
}
guide-question-system-room = { $count ->
    [one] In welchem Raum steht ein System ohne bekanntes Netz?
   *[other] In welchen Räumen stehen {$count} Systeme ohne bekanntes Netz?
}
guide-question-system-room-in-network = { $count ->
    [one] In welchem Raum steht ein System im Netz {$network}?
   *[other] In welchem Raum stehen {$count} Systeme im Netz {$network}?
}
guide-question-contract = Welcher Vertrag besteht mit {$provider}?
guide-question-backup-systems = { $count ->
    [one] Welche Sicherung gilt für einen Server, den kein Plan nennt?
   *[other] Welche Sicherung gilt für {$count} Server, die kein Plan nennt?
}
guide-question-product = { $count ->
    [one] Ist {$product} gewollt (auf einem System)?
   *[other] Ist {$product} gewollt (auf {$count} Systemen)?
}

guide-why-company-name = Der Name steht auf dem Deckblatt und am Fuß jeder Seite.
guide-why-company-scope = Der Geltungsbereich sagt, wofür alle Aussagen der Dokumentation gelten.
guide-why-company-sector = Die Branche sagt, welche Vorlage passt und welche Vorschriften in Frage kommen.
guide-why-company-employees = Die Zahl der Beschäftigten entscheidet mit, welche Vorschriften gelten.
guide-why-company-management = Freigaben gelten erst, wenn jemand für diese Rolle sie bestätigt.
guide-why-company-security-officer = Ohne diese Rolle ist niemand für die Informationssicherheit ansprechbar.
guide-why-company-classification = Die Einstufung sagt jedem Leser, wem er die Mappe zeigen darf.
guide-why-company-next-review-on = Eine Dokumentation ohne Termin veraltet; „register due“ erinnert daran.
guide-why-thresholds-damage-normal-eur = Ab welchem Schaden der Schutzbedarf hoch ist, entscheidet jede Bewertung.
guide-why-thresholds-outage-normal-hours = Ab welchem Ausfall der Schutzbedarf hoch ist, entscheidet jede Bewertung der Verfügbarkeit.
guide-why-site = Gebäude, Räume, Leitungen und der Netzplan hängen an Standorten.
guide-why-site-address = Die Anschrift gehört auf den Netzplan und in jede Notfallunterlage.
guide-why-building = Räume liegen in Gebäuden.
guide-why-room = Ohne Räume hat kein System einen Ort; die Spalte „Raum“ im Blatt „IT-Systeme“ bleibt offen.
guide-why-room-security-zone = Wie ein Raum geschützt ist, gilt für alles, was darin steht.
guide-why-unit = Einheiten ordnen Rollen und Prozesse.
guide-why-unit-head = Wer die Einheit leitet, entscheidet über ihre Prozesse.
guide-why-role = Verantwortliche werden als Rollen angegeben: für Prozesse, Systeme, Verträge und Maßnahmen.
guide-why-role-deputy = Ohne Vertretung steht die Aufgabe still, wenn jemand fehlt.
guide-why-process = Der Schutzbedarf beginnt bei den Geschäftsprozessen. „kataster register template list“ zeigt Vorlagen.
guide-why-process-owner = Nur wer für den Prozess verantwortlich ist, kann seinen Schutzbedarf festlegen.
guide-why-process-confidentiality = Aus dem Schutzbedarf der Prozesse folgt der aller Anwendungen, Systeme und Räume. Nicht bewertet ist nicht normal.
guide-why-process-outage-hours = Wie lange der Prozess ausfallen darf, bestimmt Sicherung und Wiederanlauf.
guide-why-process-applications = Über die Anwendungen hängen Prozesse mit den Systemen zusammen.
guide-why-information = Welche Informationen es gibt, bestimmt Vertraulichkeit und Datenschutz.
guide-why-information-confidentiality = Der Schutzbedarf der Informationen geht auf Anwendungen und Ablagen über. Nicht bewertet ist nicht normal.
guide-why-information-personal-data = Für personenbezogene Daten gilt die DSGVO.
guide-why-information-processing-record = Für personenbezogene Daten ist ein Verzeichnis der Verarbeitungen zu führen (Art. 30 DSGVO).
guide-why-application = Anwendungen verbinden Prozesse mit Systemen.
guide-why-application-recognise = Daran wird erkannt, auf welchen Systemen die Anwendung läuft.
guide-why-application-owner-business = Jemand muss sagen können, was die Anwendung können und wer sie nutzen darf.
guide-why-application-information = Über die Informationen bekommt die Anwendung ihren Schutzbedarf.
guide-why-zone = Zonen sagen, wozu ein Netz da ist und was es erreichen darf.
guide-why-zone-purpose = Im Blatt „Netze“ steht zu den Netzen dieser Zone kein Zweck.
guide-why-network = Ein Netz ohne Zone hat keinen Zweck und keine erlaubten Verbindungen.
guide-why-system-owner = Wer verantwortlich ist, entscheidet über Änderungen und bekommt Hinweise. Eine Regel gilt auch für künftige Systeme.
guide-why-system-room = Ohne Raum hat ein System keinen Standort auf dem Netzplan. Eine Regel gilt auch für künftige Systeme.
guide-why-provider = Verträge, Leitungen und Cloud-Dienste nennen ihren Dienstleister.
guide-why-provider-processing-agreement = Wer personenbezogene Daten verarbeitet, braucht einen Vertrag nach Art. 28 DSGVO.
guide-why-provider-remote-access = Fernzugriff ist ein Weg ins Netz, den jemand kennen und erlauben muss.
guide-why-contract = Laufzeit, Kündigungsfrist und Reaktionszeit stehen im Vertrag.
guide-why-contract-owner = Jemand muss wissen, wann zu kündigen ist.
guide-why-contract-notice-by = Ohne Kündigungstermin verlängert sich der Vertrag unbemerkt.
guide-why-line = Ohne Leitung ist unbekannt, wie der Standort erreichbar ist.
guide-why-line-fault-hotline = Bei einem Ausfall ist keine Zeit zum Suchen.
guide-why-domain-expires-on = Eine abgelaufene Domain nimmt E-Mail und Webauftritt mit.
guide-why-cloud-service-data-location = Wo die Daten liegen, bestimmt, welches Recht gilt.
guide-why-cloud-service-second-factor = Ein Dienst im Internet ist ohne zweiten Faktor mit einem Kennwort offen.
guide-why-cloud-service-exit-plan = Ohne Weg hinaus bestimmt der Anbieter Preis und Dauer.
guide-why-backup = Ohne Sicherungsplan ist nicht zu sagen, was ein Ausfall kostet.
guide-why-backup-systems = „Beobachtet“ ist nicht „gesichert“: erst der Plan sagt, welche Sicherung für welchen Server gilt.
guide-why-backup-target = Eine Sicherung auf demselben System geht mit ihm verloren.
guide-why-backup-offline-copy = Nur was vom Netz getrennt ist, übersteht einen Verschlüsselungsangriff.
guide-why-backup-restore-tested-on = Erst eine geprüfte Rücksicherung ist eine Sicherung.
guide-why-licence = Ohne diese Angabe lässt sich die Berechtigung nicht mit der Nutzung vergleichen (Blatt „Lizenzbilanz“).
guide-why-product = Was niemand will, ist eine Angriffsfläche; was gewollt ist, braucht vielleicht eine Lizenz.
guide-why-goal = Kennzahlen und Maßnahmen dienen Zielen (Regel 6).

guide-due-contract = Vertrag
guide-due-licence = Lizenz
guide-due-domain = Domain
guide-due-certificate = Zertifikat
guide-due-review = Prüfung
guide-due-measure = Maßnahme
guide-due-past = { $days ->
    [one] seit einem Tag vorbei
   *[other] seit {$days} Tagen vorbei
}
guide-due-left = { $days ->
    [0] heute
    [one] noch ein Tag
   *[other] noch {$days} Tage
}
guide-due-nothing = In den nächsten {$days} Tagen ist nichts fällig, wovon das Register oder ein Zertifikat einen Termin nennt.
guide-due-summary = { $count ->
    [one] Ein Termin in {$days} Tagen, {$past} davon schon vorbei.
   *[other] {$count} Termine in {$days} Tagen, {$past} davon schon vorbei.
}

guide-column-on = Am
guide-column-left = Frist
guide-column-kind = Art
guide-column-what = Was
guide-column-event = Termin
guide-column-owner = Verantwortlich
guide-column-name = Name
guide-column-title = Für
guide-column-entries = Einträge
guide-column-bar = Bereich
guide-column-done = Erledigt
guide-column-points = Punkte

guide-stage-company = Unternehmen
guide-stage-sites = Standorte
guide-stage-units = Einheiten und Rollen
guide-stage-processes = Geschäftsprozesse
guide-stage-information = Informationen
guide-stage-applications = Anwendungen
guide-stage-networks = Netze
guide-stage-systems = Systeme
guide-stage-agreements = Verträge und Dienste
guide-stage-backups = Sicherungen
guide-stage-licences = Lizenzen und Produkte
guide-stage-steering = Steuerung

guide-bar-places = Systeme mit Raum
guide-bar-networks = Netze mit Zone und Zweck
guide-bar-kinds = Systeme mit bekannter Art
guide-bar-fresh = Systeme, die sich in 30 Tagen gemeldet haben
guide-bar-servers = Server mit Agent
guide-bar-clients = Arbeitsplätze mit Agent
guide-bar-software = Verbreitetste Produkte entschieden
guide-bar-firmware = Netzgeräte mit bekannter Firmware
guide-bar-uplinks = Geräte mit bekanntem Kabel
guide-bar-owners = Systeme mit Verantwortlichen
guide-bar-needs = Prozesse und Informationen mit Schutzbedarf

guide-percent = Dokumentationsgrad: {$percent} %
guide-percent-none = Dokumentationsgrad: nicht zu berechnen, weil noch nichts bekannt ist
guide-left-out = Zählt nicht mit, weil es nichts davon gibt: {$bars}
guide-conflicts = { $count ->
    [one] Ein Widerspruch zwischen Beobachtern ist offen; solange sind 100 % nicht möglich.
   *[other] {$count} Widersprüche zwischen Beobachtern sind offen; solange sind 100 % nicht möglich.
}
guide-gain = bringt {$points} Prozentpunkte
guide-examples = Betrifft {$count}: {$names}
guide-answer-command = Befehl: {$command}
guide-answer-cell = Arbeitsmappe: Blatt „{$sheet}“, Zeile {$row}, Spalte „{$column}“
guide-answer-sheet = Arbeitsmappe: Blatt „{$sheet}“, neue Zeile, Spalte „{$column}“
guide-and-more = { $count ->
    [one] und eine weitere Frage (--limit 0 zeigt alle)
   *[other] und {$count} weitere Fragen (--limit 0 zeigt alle)
}
guide-nothing-open = Keine Frage ist offen.

guide-template-added = Angelegt: {$entries}
guide-template-kept = Schon da und unverändert: {$entries}
guide-template-nothing = Alles aus der Vorlage {$name} steht schon im Register; nichts wurde geändert.
guide-template-done = { $count ->
    [one] Ein Eintrag aus der Vorlage {$name} angelegt. Vorschläge sind noch keine Aussagen: prüfen Sie ihn und leeren Sie dann „Aus Vorlage“. Schutzbedarf ist nicht gesetzt.
   *[other] {$count} Einträge aus der Vorlage {$name} angelegt. Vorschläge sind noch keine Aussagen: prüfen Sie jeden und leeren Sie dann „Aus Vorlage“. Schutzbedarf ist nicht gesetzt.
}
guide-template-undo = Als Ganzes zurück: kataster undo {$event}
