# The agent's own words.
agent-label-cause = Ursache
agent-label-why = Wahrscheinlich
agent-label-remedy = Abhilfe
agent-delivered =
    { $count ->
        [one] Ein Bericht wurde zugestellt.
       *[other] { $count } Berichte wurden zugestellt.
    }
agent-enrolled = Dieser Rechner ist jetzt beim Collector angemeldet, als Agent { $agent }.
agent-failed-already-enrolled = Dieser Agent ist bereits angemeldet, als { $subject }.
agent-failed-already-enrolled-remedy = Nichts zu tun. Soll er sich neu anmelden, geben Sie --replace an; wartende Berichte werden dann verworfen.
agent-failed-awaiting-approval = Der Agent ist angemeldet, wartet aber auf die Freigabe durch eine Person.
agent-failed-awaiting-approval-remedy = Geben Sie ihn am Collector mit „kataster agent approve“ frei. Bis dahin werden die Berichte aufbewahrt.
agent-failed-bad-answer = Die Antwort des Collectors passt nicht zur Anfrage; es wurde nichts übernommen.
agent-failed-bad-answer-why = Hinter der Adresse antwortet ein anderer Dienst, oder die Versionen passen nicht zueinander.
agent-failed-bad-answer-remedy = Prüfen Sie die Adresse im Token und die Versionen von Agent und Collector.
agent-failed-certificate-refused = { $subject } weist das Zertifikat dieses Agenten zurück.
agent-failed-certificate-refused-why = Der Collector wurde neu eingerichtet und kennt die frühere Anmeldung nicht, oder die Adresse gehört zu einem anderen Collector.
agent-failed-certificate-refused-remedy = Melden Sie den Agenten mit einem neuen Token an (enrol --replace).
agent-failed-clock = Nach der Uhr dieses Rechners ist das Zertifikat von { $subject } nicht gültig.
agent-failed-clock-why = Die Uhr eines der beiden Rechner geht falsch.
agent-failed-clock-remedy = Stellen Sie die Uhren (Zeitdienst) und versuchen Sie es erneut.
agent-failed-config = Die Konfiguration { $subject } ist nicht verwendbar.
agent-failed-config-remedy = Berichtigen Sie die genannte Stelle. Unbekannte Schlüssel sind nicht erlaubt.
agent-failed-damaged = { $subject } ist beschädigt.
agent-failed-damaged-remedy = Spielen Sie die Datei aus einer Sicherung zurück oder melden Sie den Agenten neu an (enrol --replace).
agent-failed-data-dir = Der Datenordner { $subject } ist nicht verwendbar.
agent-failed-data-dir-why = Es fehlen Rechte, oder der Datenträger ist voll.
agent-failed-data-dir-remedy = Prüfen Sie Rechte und freien Platz oder geben Sie mit --data-dir einen anderen Ordner an.
agent-failed-expired = Das Zertifikat dieses Agenten ist abgelaufen, und es gibt kein neues.
agent-failed-expired-why = Der Rechner war lange ausgeschaltet oder ohne Verbindung zum Collector.
agent-failed-expired-remedy = Melden Sie den Agenten mit einem neuen Token an (enrol --replace).
agent-failed-internal = Das ist im Programm fehlgeschlagen.
agent-failed-internal-remedy = Bitte melden Sie diesen Fehler mit der genannten Ursache.
agent-failed-key-in-use = Der Schlüssel dieses Agenten ist beim Collector bereits angemeldet.
agent-failed-key-in-use-why = Der Datenordner wurde von einem anderen Rechner kopiert.
agent-failed-key-in-use-remedy = Melden Sie den Agenten in einem leeren Datenordner an.
agent-failed-later = Der Collector kann gerade keine Berichte annehmen. Die Berichte werden aufbewahrt.
agent-failed-later-why = Er ist überlastet, oder sein Datenträger ist voll.
agent-failed-later-remedy = Versuchen Sie es später erneut; der laufende Agent tut das von selbst.
agent-failed-locked = Ein anderer Agent verwendet bereits { $subject }.
agent-failed-locked-why = Der Agent läuft schon als Dienst.
agent-failed-locked-remedy = Beenden Sie ihn oder geben Sie mit --data-dir einen anderen Ordner an.
agent-failed-no-place = Es gibt keinen Ort für die Daten des Agenten.
agent-failed-no-place-why = Die Umgebungsvariable HOME ist nicht gesetzt.
agent-failed-no-place-remedy = Geben Sie mit --data-dir einen Ordner an.
agent-failed-not-enrolled = Dieser Agent ist bei keinem Collector angemeldet.
agent-failed-not-enrolled-remedy = Erzeugen Sie am Collector ein Token („kataster agent token create“) und melden Sie den Agenten damit an: kataster-agent enrol --token-file DATEI. Ohne Collector: kataster-agent once --print.
agent-failed-not-our-tls = Mit { $subject } kommt keine gesicherte Verbindung zustande.
agent-failed-not-our-tls-why = Unter dieser Adresse antwortet kein Collector, oder etwas dazwischen greift in die Verbindung ein.
agent-failed-not-our-tls-remedy = Prüfen Sie Adresse und Port; zwischen Agent und Collector darf nichts TLS aufbrechen.
agent-failed-not-understood = Die Antwort des Collectors ist nicht zu verstehen.
agent-failed-not-understood-why = Unter der Adresse antwortet ein anderer Dienst, oder der Collector ist älter als der Agent.
agent-failed-not-understood-remedy = Prüfen Sie Adresse und Versionen. Die Berichte werden aufbewahrt.
agent-failed-number = Der Bericht konnte nicht nummeriert werden.
agent-failed-number-why = Der Datenträger ist seit Langem voll.
agent-failed-number-remedy = Schaffen Sie Platz im Datenordner des Agenten.
agent-failed-other-authority = { $subject } ist nicht der Collector, bei dem dieser Agent angemeldet ist; es wurde nichts gesendet.
agent-failed-other-authority-why = Das Token gehört zu einem anderen Collector, der Collector wurde neu eingerichtet, oder jemand gibt sich für ihn aus.
agent-failed-other-authority-remedy = Prüfen Sie die Adresse. Stimmt sie, so verwenden Sie ein neues Token dieses Collectors.
agent-failed-other-name = Das Zertifikat von { $subject } gilt für einen anderen Namen.
agent-failed-other-name-why = Der Collector kennt den Namen oder die Adresse nicht, unter der er gerufen wird.
agent-failed-other-name-remedy = Tragen Sie am Collector diesen Namen ein oder verwenden Sie einen, den er kennt.
agent-failed-quarantined = Der Collector hat diesen Agenten unter Quarantäne gestellt.
agent-failed-quarantined-why = Zwei Rechner verwenden denselben Schlüssel, oder der Rechner ist nicht mehr derselbe.
agent-failed-quarantined-remedy = Eine Person muss am Collector entscheiden („kataster agent list“); danach melden Sie den Agenten mit neuem Schlüssel an.
agent-failed-refused = Der Collector lehnt ab.
agent-failed-refused-remedy = Prüfen Sie, ob die Versionen von Agent und Collector zueinander passen.
agent-failed-revoked = Diesem Agenten wurde die Anmeldung entzogen.
agent-failed-revoked-remedy = Ist das ein Versehen, so melden Sie ihn mit einem neuen Token an (enrol --replace).
agent-failed-token = Das Token ist nicht lesbar.
agent-failed-token-why = Beim Kopieren ging etwas verloren.
agent-failed-token-remedy = Kopieren Sie es noch einmal vollständig; es beginnt mit „kat1-“.
agent-failed-token-file = Die Tokendatei { $subject } ist nicht lesbar.
agent-failed-token-file-remedy = Prüfen Sie Pfad und Rechte.
agent-failed-token-refused = Der Collector nimmt dieses Token nicht an.
agent-failed-token-refused-why = Es ist verbraucht, abgelaufen, zurückgezogen oder von einem anderen Collector. Welches davon, steht in dessen Protokoll.
agent-failed-token-refused-remedy = Erzeugen Sie am Collector ein neues Token („kataster agent token create“).
agent-failed-too-open = { $subject } ist für andere Benutzer zugänglich; darin liegt der private Schlüssel.
agent-failed-too-open-remedy = Entziehen Sie Gruppe und anderen alle Rechte (chmod go= …). War der Zugriff möglich, so melden Sie den Agenten neu an.
agent-failed-unreachable = { $subject } ist nicht erreichbar. Die Berichte werden aufbewahrt.
agent-failed-unreachable-why = Der Collector läuft nicht, die Adresse ist falsch, oder eine Firewall sperrt den Port.
agent-failed-unreachable-remedy = Prüfen Sie, ob der Collector läuft („kataster serve“) und der Port offen ist.
agent-failed-write = Die Ausgabe konnte nicht geschrieben werden.
agent-failed-write-remedy = Prüfen Sie freien Platz und Rechte am Ziel der Ausgabe.
agent-failed-wrong-agent = Der Collector erkennt in diesem Bericht einen anderen Agenten als im Zertifikat.
agent-failed-wrong-agent-why = Der Datenordner wurde aus Teilen verschiedener Anmeldungen zusammengesetzt.
agent-failed-wrong-agent-remedy = Melden Sie den Agenten neu an (enrol --replace).

## Die Tabelle von „once --print“
agent-print-machine = Dieser Rechner
agent-print-1-host = Name
agent-print-2-model = Modell
agent-print-3-system = Betriebssystem
agent-print-4-kernel = Kernel
agent-print-5-memory = Arbeitsspeicher
agent-print-packages = Installierte Pakete
agent-print-services = Dienste
agent-print-persons = Konten von Personen
agent-print-certificates = Zertifikate
agent-print-listeners = Wartende Ports
agent-print-column-port = Port
agent-print-column-reach = Erreichbar
agent-print-column-process = Programm
agent-print-column-unit = Dienst
agent-print-column-package = Paket
agent-print-column-account = Konto
agent-print-reach-loopback = nur von diesem Rechner
agent-print-reach-all = auf allen Adressen
agent-print-sources = Quellen
agent-print-column-source = Quelle
agent-print-column-found = Gefunden
agent-print-column-duration = Dauer
agent-print-column-missing = Was fehlt, und warum
agent-print-complaints =
    { $count ->
        [one] ein Eintrag war nicht zu verstehen
       *[other] { $count } Einträge waren nicht zu verstehen
    }
agent-print-rights = Was mehr Rechte ergänzen würden
agent-print-column-thing = Angabe
agent-print-column-needs = Braucht
agent-print-none = keines
agent-print-not-allowed = nicht lesbar
agent-print-unknown = unbekannt
