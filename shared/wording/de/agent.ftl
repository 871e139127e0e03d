# The agent's own words.
agent-label-cause = Ursache
agent-label-why = Wahrscheinlich
agent-label-remedy = Abhilfe
agent-delivered =
    { $count ->
        [one] Ein Bericht wurde zugestellt.
       *[other] { $count } Berichte wurden zugestellt.
    }
agent-enrolled = Dieser Rechner ist jetzt bei der Sammelstelle angemeldet, als Agent { $agent }.
agent-failed-already-enrolled = Dieser Agent ist bereits angemeldet, als { $subject }.
agent-failed-already-enrolled-remedy = Nichts zu tun. Soll er sich neu anmelden, geben Sie --replace an; wartende Berichte werden dann verworfen.
agent-failed-awaiting-approval = Der Agent ist angemeldet, wartet aber auf die Freigabe durch eine Person.
agent-failed-awaiting-approval-remedy = Geben Sie ihn an der Sammelstelle mit „kataster agent approve“ frei. Bis dahin werden die Berichte aufbewahrt.
agent-failed-bad-answer = Die Antwort der Sammelstelle passt nicht zur Anfrage; es wurde nichts übernommen.
agent-failed-bad-answer-why = Hinter der Adresse antwortet ein anderer Dienst, oder die Versionen passen nicht zueinander.
agent-failed-bad-answer-remedy = Prüfen Sie die Adresse im Token und die Versionen von Agent und Sammelstelle.
agent-failed-certificate-refused = { $subject } weist das Zertifikat dieses Agenten zurück.
agent-failed-certificate-refused-why = Die Sammelstelle wurde neu eingerichtet und kennt die frühere Anmeldung nicht, oder die Adresse gehört zu einer anderen Sammelstelle.
agent-failed-certificate-refused-remedy = Melden Sie den Agenten mit einem neuen Token an (enrol --replace).
agent-failed-clock = Nach der Uhr dieses Rechners ist das Zertifikat von { $subject } nicht gültig.
agent-failed-clock-why = Die Uhr eines der beiden Rechner geht falsch.
agent-failed-clock-remedy = Stellen Sie die Uhren (Zeitdienst) und versuchen Sie es erneut.
agent-failed-config = Die Konfiguration { $subject } ist nicht verwendbar.
agent-failed-config-remedy = Berichtigen Sie die genannte Stelle. Unbekannte Schlüssel sind nicht erlaubt.
agent-failed-config-read = Die Konfiguration { $subject } kann nicht gelesen werden.
agent-failed-config-read-remedy = Prüfen Sie Pfad und Rechte der Datei.
agent-failed-damaged = { $subject } ist beschädigt.
agent-failed-damaged-remedy = Spielen Sie die Datei aus einer Sicherung zurück oder melden Sie den Agenten neu an (enrol --replace).
agent-failed-data-dir = Der Datenordner { $subject } ist nicht verwendbar.
agent-failed-data-dir-why = Es fehlen Rechte, oder der Datenträger ist voll.
agent-failed-data-dir-remedy = Prüfen Sie Rechte und freien Platz oder geben Sie mit --data-dir einen anderen Ordner an.
agent-failed-expired = Das Zertifikat dieses Agenten ist abgelaufen, und es gibt kein neues.
agent-failed-expired-why = Der Rechner war lange ausgeschaltet oder ohne Verbindung zur Sammelstelle.
agent-failed-expired-remedy = Melden Sie den Agenten mit einem neuen Token an (enrol --replace).
agent-failed-internal = Das ist im Programm fehlgeschlagen.
agent-failed-internal-remedy = Bitte melden Sie diesen Fehler mit der genannten Ursache.
agent-failed-key-in-use = Der Schlüssel dieses Agenten ist bei der Sammelstelle bereits angemeldet.
agent-failed-key-in-use-why = Der Datenordner wurde von einem anderen Rechner kopiert.
agent-failed-key-in-use-remedy = Melden Sie den Agenten in einem leeren Datenordner an.
agent-failed-later = Die Sammelstelle kann gerade keine Berichte annehmen. Die Berichte werden aufbewahrt.
agent-failed-later-why = Er ist überlastet, oder sein Datenträger ist voll.
agent-failed-later-remedy = Versuchen Sie es später erneut; der laufende Agent tut das von selbst.
agent-failed-locked = Ein anderer Agent verwendet bereits { $subject }.
agent-failed-locked-why = Der Agent läuft schon als Dienst.
agent-failed-locked-remedy = Beenden Sie ihn oder geben Sie mit --data-dir einen anderen Ordner an.
agent-failed-no-place = Es gibt keinen Ort für die Daten des Agenten.
agent-failed-no-place-why = Die Umgebungsvariable HOME ist nicht gesetzt.
agent-failed-no-place-remedy = Geben Sie mit --data-dir einen Ordner an.
agent-failed-not-enrolled = Dieser Agent ist bei keiner Sammelstelle angemeldet.
agent-failed-not-enrolled-remedy = Erzeugen Sie an der Sammelstelle ein Token („kataster agent token create“) und melden Sie den Agenten damit an: kataster-agent enrol --token-file DATEI. Ohne Sammelstelle: kataster-agent once --print.
agent-failed-not-our-tls = Mit { $subject } kommt keine gesicherte Verbindung zustande.
agent-failed-not-our-tls-why = Unter dieser Adresse antwortet keine Sammelstelle, oder etwas dazwischen greift in die Verbindung ein.
agent-failed-not-our-tls-remedy = Prüfen Sie Adresse und Port; zwischen Agent und Sammelstelle darf nichts TLS aufbrechen.
agent-failed-not-understood = Die Antwort der Sammelstelle ist nicht zu verstehen.
agent-failed-not-understood-why = Unter der Adresse antwortet ein anderer Dienst, oder die Sammelstelle ist älter als der Agent.
agent-failed-not-understood-remedy = Prüfen Sie Adresse und Versionen. Die Berichte werden aufbewahrt.
agent-failed-number = Der Bericht konnte nicht nummeriert werden.
agent-failed-number-why = Der Datenträger ist seit Langem voll.
agent-failed-number-remedy = Schaffen Sie Platz im Datenordner des Agenten.
agent-failed-of-another-user = { $subject } gehört einem anderen Benutzer; Dateien, die root dort anlegt, würden den Agenten aus seinem eigenen Ordner aussperren.
agent-failed-of-another-user-remedy = Führen Sie den Befehl als dieser Benutzer aus: sudo -u kataster-agent kataster-agent …
agent-failed-other-authority = { $subject } ist nicht die Sammelstelle, bei der dieser Agent angemeldet ist; es wurde nichts gesendet.
agent-failed-other-authority-why = Das Token gehört zu einer anderen Sammelstelle, die Sammelstelle wurde neu eingerichtet, oder jemand gibt sich für sie aus.
agent-failed-other-authority-remedy = Prüfen Sie die Adresse. Stimmt sie, so verwenden Sie ein neues Token dieser Sammelstelle.
agent-failed-other-name = Das Zertifikat von { $subject } gilt für einen anderen Namen.
agent-failed-other-name-why = Die Sammelstelle kennt den Namen oder die Adresse nicht, unter der sie gerufen wird.
agent-failed-other-name-remedy = Tragen Sie an der Sammelstelle diesen Namen ein oder verwenden Sie einen, den sie kennt.
agent-failed-quarantined = Die Sammelstelle hat diesen Agenten unter Quarantäne gestellt.
agent-failed-quarantined-why = Zwei Rechner verwenden denselben Schlüssel, oder der Rechner ist nicht mehr derselbe.
agent-failed-quarantined-remedy = Eine Person muss an der Sammelstelle entscheiden („kataster agent list“); danach melden Sie den Agenten mit neuem Schlüssel an.
agent-failed-refused = Die Sammelstelle lehnt ab.
agent-failed-refused-remedy = Prüfen Sie, ob die Versionen von Agent und Sammelstelle zueinander passen.
agent-failed-revoked = Diesem Agenten wurde die Anmeldung entzogen.
agent-failed-revoked-remedy = Ist das ein Versehen, so melden Sie ihn mit einem neuen Token an (enrol --replace).
agent-failed-token = Das Token ist nicht lesbar.
agent-failed-token-why = Beim Kopieren ging etwas verloren.
agent-failed-token-remedy = Kopieren Sie es noch einmal vollständig; es beginnt mit „kat1-“.
agent-failed-token-file = Die Tokendatei { $subject } ist nicht lesbar.
agent-failed-token-file-remedy = Prüfen Sie Pfad und Rechte.
agent-failed-token-refused = Die Sammelstelle nimmt dieses Token nicht an.
agent-failed-token-refused-why = Es ist verbraucht, abgelaufen, zurückgezogen oder von einer anderen Sammelstelle. Welches davon, steht in deren Protokoll.
agent-failed-token-refused-remedy = Erzeugen Sie an der Sammelstelle ein neues Token („kataster agent token create“).
agent-failed-too-open = { $subject } ist für andere Benutzer zugänglich; darin liegt der private Schlüssel.
agent-failed-too-open-remedy = Entziehen Sie Gruppe und anderen alle Rechte (chmod go= …). War der Zugriff möglich, so melden Sie den Agenten neu an.
agent-failed-unreachable = { $subject } ist nicht erreichbar. Die Berichte werden aufbewahrt.
agent-failed-unreachable-why = Die Sammelstelle läuft nicht, die Adresse ist falsch, oder eine Firewall sperrt den Port.
agent-failed-unreachable-remedy = Prüfen Sie, ob die Sammelstelle läuft („kataster serve“) und der Port offen ist.
agent-failed-write = Die Ausgabe konnte nicht geschrieben werden.
agent-failed-write-remedy = Prüfen Sie freien Platz und Rechte am Ziel der Ausgabe.
agent-failed-wrong-agent = Die Sammelstelle erkennt in diesem Bericht einen anderen Agenten als im Zertifikat.
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
agent-help = Dokumentiert diesen Rechner: liest, was er ist, und übergibt es der Sammelstelle.
agent-help-config = Konfigurationsdatei (TOML)
agent-help-data_dir = Ordner dieses Agenten: Identität und nicht zugestellte Berichte
agent-help-lang = Sprache der Meldungen
agent-help-once = Liest diesen Rechner einmal und stellt den Bericht zu oder gibt ihn aus
agent-help-once-output = Form der Ausgabe; ohne Angabe: table am Bildschirm, sonst json
agent-help-once-print = Ausgeben statt zustellen; braucht weder Sammelstelle noch Anmeldung
agent-help-enrol = Meldet diesen Rechner bei einer Sammelstelle an
agent-help-enrol-replace = Die jetzige Anmeldung dieses Ordners aufgeben
agent-help-enrol-token_file = Datei mit dem Token aus „kataster agent token create“; „-“ liest von der Standardeingabe
agent-help-run = Liest und stellt zu, bis er beendet wird
agent-help-completions = Gibt das Skript aus, mit dem eine Shell Befehle vervollständigt
agent-help-completions-shell = Shell: bash, zsh, fish und andere
agent-help-reader = Der Prozess, der für den Agenten liest, was Administratorrechte braucht
agent-help-reader-account = Konto, das außer root fragen darf
agent-help-scanner = Der Prozess, der scannt; der Agent startet ihn
agent-help-scanner-socket = Aufträge von diesem Socket statt von der Standardeingabe nehmen

## „status“
agent-status-title = Der Agent auf diesem Rechner
agent-status-label-state = Zustand
agent-status-label-agent = Angemeldet als
agent-status-label-version = Version
agent-status-label-collector = Sammelstelle
agent-status-label-last-run = Letzter Lauf
agent-status-label-last-delivery = Zuletzt zugestellt
agent-status-label-waiting = Es warten
agent-status-label-next-run = Nächster Lauf
agent-status-label-certificate = Zertifikat gilt bis
agent-status-label-clock = Uhr
agent-status-label-memory = Speicher höchstens
agent-status-label-note = Hinweis
agent-status-label-folder = Datenordner
agent-status-none = keine Angabe
agent-status-never = noch nie
agent-status-running = läuft
agent-status-running-since = läuft seit { $at }
agent-status-stopped = läuft nicht
agent-status-run = { $at }, { $sources } Quellen in { $seconds } s ({ $processor } s Prozessor)
agent-status-run-with-failures = { $at }, { $sources } Quellen in { $seconds } s ({ $processor } s Prozessor), davon { $failed } fehlgeschlagen
agent-status-nothing-waits = keine Berichte
agent-status-waits = { $count } Berichte seit { $at }, { $size } von { $most }
agent-status-clock-agrees = stimmt mit der Sammelstelle überein
agent-status-clock-ahead = geht { $seconds } s vor
agent-status-clock-behind = geht { $seconds } s nach
agent-status-well = Alles in Ordnung.
agent-status-problem-not-enrolled = Dieser Agent ist bei keiner Sammelstelle angemeldet.
agent-status-problem-not-enrolled-remedy = kataster-agent enrol --token-file DATEI; das Token erzeugt „kataster agent token create“ an der Sammelstelle.
agent-status-problem-not-running = Der Dienst läuft nicht.
agent-status-problem-not-running-remedy = systemctl start kataster-agent; fehlt der Dienst: kataster-agent service install.
agent-status-problem-read-only = Der Datenordner nimmt keine Daten an (nur lesbar eingehängt). Berichte liegen nur im Arbeitsspeicher.
agent-status-problem-read-only-remedy = Hängen Sie das Dateisystem beschreibbar ein; prüfen Sie den Datenträger.
agent-status-problem-disk-full = Der Datenträger des Datenordners ist voll. Berichte liegen nur im Arbeitsspeicher.
agent-status-problem-disk-full-remedy = Schaffen Sie Platz; der Agent schreibt die Berichte dann von selbst.
agent-status-problem-in-memory = Berichte konnten nicht geschrieben werden und liegen nur im Arbeitsspeicher; sie gehen verloren, wenn der Agent endet.
agent-status-problem-in-memory-remedy = Prüfen Sie freien Platz und Rechte des Datenordners.
agent-status-problem-hanging = Ein Dateisystem oder Gerät antwortet nicht. Was darauf liegt, fehlt im Bericht; alles andere wird gelesen.
agent-status-problem-hanging-remedy = Prüfen Sie den genannten Pfad und den Server dahinter (findmnt); ein totes Dateisystem löst: umount --lazy --force PFAD.
agent-status-problem-config = Die Konfigurationsdatei ist nicht verwendbar; die letzte brauchbare gilt weiter.
agent-status-problem-config-remedy = Berichtigen Sie die genannte Stelle, dann: systemctl reload kataster-agent.
agent-status-problem-clock = Die Uhr dieses Rechners weicht von der Sammelstelle ab. Berichte werden trotzdem zugestellt.
agent-status-problem-clock-remedy = Stellen Sie die Uhr oder schalten Sie den Zeitdienst ein.
agent-status-problem-trouble = Seit { $at } werden keine Berichte zugestellt.
agent-status-problem-trouble-remedy = Prüfen Sie mit: kataster-agent doctor.

## „doctor“
agent-doctor-title = Was der Agent braucht
agent-doctor-mark-good = [gut]
agent-doctor-mark-hint = [Hinweis]
agent-doctor-mark-bad = [FEHLER]
agent-doctor-mark-open = [offen]
agent-doctor-open = nicht geprüft, weil vorher etwas fehlt
agent-doctor-folder = Datenordner
agent-doctor-folder-private = { $subject }, nur für den Agenten zugänglich
agent-doctor-folder-open = { $subject } ist für andere Benutzer zugänglich
agent-doctor-folder-open-remedy = chmod go= { $subject }
agent-doctor-folder-missing = { $subject } gibt es noch nicht
agent-doctor-folder-missing-remedy = Der Agent legt ihn beim Anmelden oder beim ersten Lauf an.
agent-doctor-folder-closed = { $subject } ist nicht zugänglich
agent-doctor-folder-closed-remedy = Rufen Sie den Befehl als root oder als Benutzer des Dienstes auf.
agent-doctor-space = Platz
agent-doctor-space-enough = { $subject } MiB frei
agent-doctor-space-little = nur noch { $subject } MiB frei
agent-doctor-space-little-remedy = Schaffen Sie Platz; bei langem Ausfall der Verbindung gehen sonst ältere Berichte verloren.
agent-doctor-space-full = { $subject } MiB frei: Berichte bleiben nur im Arbeitsspeicher
agent-doctor-space-full-remedy = Schaffen Sie Platz.
agent-doctor-space-read-only = { $subject } ist nur lesbar eingehängt
agent-doctor-space-read-only-remedy = Hängen Sie das Dateisystem beschreibbar ein; prüfen Sie den Datenträger.
agent-doctor-space-unknown = { $subject } gibt keine Auskunft
agent-doctor-space-unknown-remedy = Prüfen Sie das Dateisystem.
agent-doctor-service = Dienst
agent-doctor-service-running = läuft
agent-doctor-service-stopped = läuft nicht
agent-doctor-service-stopped-remedy = systemctl start kataster-agent; fehlt der Dienst: kataster-agent service install.
agent-doctor-service-unknown = nicht zu erkennen
agent-doctor-service-unknown-remedy = Rufen Sie den Befehl als root auf.
agent-doctor-config = Konfiguration
agent-doctor-config-none = keine Datei genannt; es gelten die Vorgaben
agent-doctor-config-used = { $subject }
agent-doctor-config-broken = { $subject } ist nicht verwendbar; ein laufender Dienst behält die letzte brauchbare
agent-doctor-config-broken-remedy = Berichtigen Sie die genannte Stelle.
agent-doctor-enrolment = Anmeldung
agent-doctor-enrolment-there = als { $subject }
agent-doctor-enrolment-missing = keine
agent-doctor-enrolment-missing-remedy = kataster-agent enrol --token-file DATEI; ohne Verbindung: kataster-agent once --out DATEI.
agent-doctor-enrolment-damaged = nicht verwendbar
agent-doctor-enrolment-damaged-remedy = Melden Sie den Agenten neu an: kataster-agent enrol --replace --token-file DATEI.
agent-doctor-certificate = Zertifikat
agent-doctor-certificate-valid = gilt bis { $subject }
agent-doctor-certificate-expired = nach der Uhr dieses Rechners am { $subject } abgelaufen
agent-doctor-certificate-expired-remedy = Prüfen Sie die Uhr. Stimmt sie, erneuert der Agent das Zertifikat bei der nächsten Verbindung; nach mehr als 90 Tagen melden Sie ihn neu an.
agent-doctor-name = Name
agent-doctor-name-known = { $subject }
agent-doctor-name-unknown = { $subject } ist keinem Namensdienst bekannt
agent-doctor-name-unknown-remedy = Prüfen Sie den Namen und den DNS-Server dieses Rechners (/etc/resolv.conf).
agent-doctor-name-no-answer = kein Namensdienst antwortet auf die Frage nach { $subject }
agent-doctor-name-no-answer-remedy = Prüfen Sie Netz und DNS-Server dieses Rechners.
agent-doctor-port = Port
agent-doctor-port-open = { $subject } ist erreichbar
agent-doctor-port-closed = { $subject } ist nicht erreichbar
agent-doctor-port-closed-remedy = Prüfen Sie, ob die Sammelstelle läuft und ob Adresse und Port stimmen.
agent-doctor-port-no-answer = { $subject } antwortet nicht
agent-doctor-port-no-answer-remedy = Vermutlich sperrt eine Firewall den Port; geben Sie ihn in Richtung Sammelstelle frei.
agent-doctor-collector = Sammelstelle
agent-doctor-collector-trusted = { $subject } und dieser Agent vertrauen einander
agent-doctor-collector-refused = { $subject } lässt diesen Agenten nicht sprechen
agent-doctor-collector-refused-remedy = Sehen Sie an der Sammelstelle nach: kataster agent list; freigeben mit: kataster agent approve.
agent-doctor-collector-clock = nach der Uhr dieses Rechners gilt das Zertifikat von { $subject } nicht
agent-doctor-collector-clock-remedy = Stellen Sie die Uhr (Zeitdienst).
agent-doctor-collector-expired = { $subject } hält das Zertifikat dieses Agenten für abgelaufen
agent-doctor-collector-expired-remedy = Der Agent erneuert es von selbst; nach mehr als 90 Tagen melden Sie ihn neu an.
agent-doctor-collector-another = { $subject } ist nicht die Sammelstelle dieses Agenten oder heißt anders
agent-doctor-collector-another-remedy = Prüfen Sie die Adresse; nach einer Neueinrichtung melden Sie den Agenten neu an.
agent-doctor-collector-not-trusted = mit { $subject } kommt keine vertrauliche Verbindung zustande
agent-doctor-collector-not-trusted-remedy = Nichts darf TLS zwischen Agent und Sammelstelle aufbrechen; ist die Sammelstelle neu, melden Sie den Agenten neu an.
agent-doctor-collector-failed = { $subject } gibt keine brauchbare Antwort
agent-doctor-collector-failed-remedy = Prüfen Sie die Adresse und die Versionen von Agent und Sammelstelle.
agent-doctor-clock = Uhr
agent-doctor-clock-agrees = weicht { $subject } s von der Sammelstelle ab
agent-doctor-clock-off = weicht { $subject } s von der Sammelstelle ab
agent-doctor-clock-off-remedy = Stellen Sie die Uhr oder schalten Sie den Zeitdienst ein; Berichte werden trotzdem zugestellt.
agent-doctor-sources = Quellen: { $all }, davon { $read } vollständig gelesen, { $limited } ohne ausreichende Rechte, { $none } auf diesem Rechner nicht vorhanden, { $failed } fehlgeschlagen.
agent-doctor-everything = alles
agent-doctor-failed-sources = Fehlgeschlagen
agent-doctor-grants = So erhält der Agent die Rechte
agent-doctor-grant-root = root: der Leser des Dienstes liest mit festen Fragen für den Agenten; kataster-agent service install richtet ihn ein. Einmalig: den Befehl mit sudo aufrufen.
agent-doctor-grant-read-all = CAP_DAC_READ_SEARCH: in der Unit des Dienstes „AmbientCapabilities=CAP_DAC_READ_SEARCH“ (systemctl edit kataster-agent).
agent-doctor-grant-ptrace = CAP_SYS_PTRACE: in der Unit des Dienstes „AmbientCapabilities=CAP_SYS_PTRACE“ (systemctl edit kataster-agent).
agent-doctor-grant-group = Gruppe: nehmen Sie den Benutzer des Dienstes in die Gruppe auf, der die genannte Datei gehört (usermod -aG GRUPPE kataster-agent).
agent-doctor-closed-apparmor = AppArmor: der Kern zeigt die Liste der Profile nur dem Benutzer 0 und der Gruppe root, gleich welche Rechte ein Prozess hat. Die Unit des Lesers ist in dieser Gruppe (SupplementaryGroups=tss root); fehlt die Liste bei laufendem Leser, wurde ihm die Gruppe genommen.
agent-doctor-closed-samba = Samba-Domäne: ihre Datenbank enthält die Kennwort-Hashes aller, deshalb sieht der Leser hinein und gibt nur Rechner weiter. Er tut es bei einer Datenbank, die root gehört und die niemand sonst schreiben darf.
agent-doctor-closed-sysctl = Einstellungen des Kerns mit dem Modus 0600: der Kern zeigt sie nur dem Benutzer 0, kein Recht ersetzt das. Der Leser läuft nicht als root; wer diese Einstellungen will, setzt „DynamicUser=no“ und „User=root“ unter [Service] (systemctl edit kataster-agent-reader@.service). Dann gehören ihm die Dateien von root, die ProtectSystem=strict weiter vor dem Schreiben schützt.
agent-doctor-closed-tpm = TPM: um gefragt zu werden, muss es zum Schreiben geöffnet werden. Der Leser ist in der Gruppe tss; gehört /dev/tpmrm0 nur root, ordnet eine udev-Regel es dieser Gruppe zu, wie das Paket tpm-udev es tut: KERNEL=="tpmrm[0-9]*", MODE="0660", GROUP="tss" in /etc/udev/rules.d/60-tpm.rules.

## „show“
agent-show-of = Bericht vom { $at }
agent-show-between = Was sich zwischen { $before } und { $after } geändert hat
agent-show-no-difference = Nichts.
agent-show-marks = + neu, - weg, ~ geändert, ! Quelle selbst
agent-show-nothing = (nichts)
agent-show-read-again = ist jetzt lesbar
agent-show-not-read = ist nicht mehr lesbar oder nicht mehr da

## „once --out“ und „upload“
agent-sealed =
    { $path } ({ $size } KiB) enthält den signierten Bericht dieses Rechners.
    Schlüssel: { $key }
    Übergeben Sie die Datei mit „kataster-agent upload“ auf einem angemeldeten Rechner oder mit „kataster import report“ an der Sammelstelle. Vergleichen Sie bei der ersten Freigabe den Schlüssel.
agent-carried-taken = { $path }: Der Bericht von { $host } wurde übernommen.
agent-carried-repeated = { $path }: Der Bericht von { $host } war schon da; es ändert sich nichts.
agent-carried-waiting =
    { $path }: Der Bericht von { $host } wartet an der Sammelstelle auf Freigabe (kataster agent list, kataster agent approve).
    Schlüssel: { $key }
agent-failed-bad-signature = { $subject } ist kein signierter Bericht oder wurde verändert; nichts wurde übernommen.
agent-failed-bad-signature-why = Beim Kopieren ging etwas verloren, oder jemand hat die Datei verändert.
agent-failed-bad-signature-remedy = Kopieren Sie die Datei noch einmal vom Rechner, der sie erzeugt hat.
agent-failed-no-report = Es gibt noch keinen Bericht.
agent-failed-no-report-why = Der Dienst ist noch nie gelaufen.
agent-failed-no-report-remedy = Ohne Dienst: kataster-agent once --print.
agent-failed-no-report-before = Es gibt keinen früheren Bericht, der sich unterscheidet.
agent-failed-no-report-before-remedy = Nichts zu tun: seit dem ersten Lauf hat sich nichts geändert.
agent-failed-no-source = Der letzte Bericht enthält keine Quelle { $subject }.
agent-failed-no-source-remedy = kataster-agent show nennt alle Quellen; kataster-agent show -o json ihre Kennungen.
agent-failed-output = { $subject } kann nicht geschrieben werden.
agent-failed-output-remedy = Nennen Sie einen Ort, an dem Sie schreiben dürfen und Platz ist.
agent-failed-output-exists = { $subject } gibt es schon; es wurde nichts überschrieben.
agent-failed-output-exists-remedy = Nennen Sie einen anderen Namen.
agent-failed-own-key = Der eigene Schlüssel dieses Rechners ist nicht verwendbar.
agent-failed-own-key-why = Die Datei alone/key.pem im Datenordner ist beschädigt oder der Ordner nicht beschreibbar.
agent-failed-own-key-remedy = Spielen Sie sie zurück; ohne sie (löschen) erhält der Rechner einen neuen Schlüssel und muss neu freigegeben werden.
agent-failed-signed-file = { $subject } ist nicht lesbar.
agent-failed-signed-file-remedy = Prüfen Sie Pfad und Rechte; die Datei stammt aus „kataster-agent once --out“.
agent-failed-too-large = Der Bericht ist größer, als eine Sammelstelle annimmt.
agent-failed-too-large-remedy = Bitte melden Sie diesen Fehler; „kataster-agent once --print“ zeigt, welche Quelle so viel meldet.
agent-help-once-out = Statt zuzustellen einen signierten Bericht in diese Datei schreiben; braucht weder Sammelstelle noch Anmeldung
agent-help-status = Zeigt, wie es dem Agenten geht
agent-help-status-output = Form der Ausgabe
agent-help-doctor = Prüft, was der Agent lesen kann, was ihm fehlt und ob er die Sammelstelle erreicht
agent-help-doctor-output = Form der Ausgabe
agent-help-show = Zeigt den letzten Bericht dieses Rechners
agent-help-show-source = Nur diese Quelle (software.dpkg) oder dieser Bereich (software), mit allen Angaben
agent-help-show-diff_last = Nur, was sich zuletzt geändert hat
agent-help-show-output = Form der Ausgabe
agent-help-upload = Übergibt signierte Berichte anderer Rechner an die Sammelstelle
agent-help-upload-files = Dateien aus „once --out“

## „service“
agent-service-installed =
    Der Dienst ist eingerichtet und startet mit dem System. Jetzt starten:
      systemd-sysusers && systemctl daemon-reload
      systemctl start kataster-agent-reader.socket kataster-agent.service
agent-service-removed =
    Der Dienst ist entfernt; Konfiguration und Daten bleiben. Läuft er noch, beenden Sie ihn:
      systemctl stop kataster-agent.service kataster-agent-reader.socket
      systemctl daemon-reload
agent-service-unchanged = Es gibt nichts zu ändern.
agent-failed-bad-name = { $subject } kann nicht in der Unit eines Dienstes stehen.
agent-failed-bad-name-remedy = Erlaubt sind für Konten Kleinbuchstaben, Ziffern, - und _; der Pfad des Programms darf keine Leer- oder Sonderzeichen enthalten.
agent-failed-foreign-unit = { $subject } stammt nicht von diesem Befehl; es wurde nichts geändert.
agent-failed-foreign-unit-remedy = Entfernen oder verschieben Sie die Datei, dann rufen Sie den Befehl erneut auf.
agent-failed-other-init = Auf diesem Rechner läuft systemd nicht; es wurde nichts geändert.
agent-failed-other-init-why = Der Rechner verwendet ein anderes Init-System (OpenRC, runit, …), oder Sie sind in einem Container.
agent-failed-other-init-remedy = Lassen Sie Ihr Init-System „kataster-agent run --config DATEI --data-dir ORDNER“ unter einem eigenen Konto starten.
agent-failed-packaged = { $subject } gehört einer Paketverwaltung; sie richtet auch den Dienst ein.
agent-failed-packaged-remedy = Verwenden Sie die Paketverwaltung, und zum Starten: systemctl enable --now kataster-agent.
agent-help-service = Der Dienst dieses Rechners (systemd)
agent-help-service-install = Legt die Units an; startet selbst kein Programm und nennt die letzten Befehle
agent-help-service-install-user = Konto, unter dem der Dienst läuft (Vorgabe: kataster-agent)
agent-help-service-uninstall = Entfernt die Units; Konfiguration und Daten bleiben

## „update“
agent-update-good = Version { $version } ist richtig signiert und kann hier eingesetzt werden.
agent-update-applied =
    Version { $version } ist eingesetzt. Starten Sie den Dienst: systemctl restart kataster-agent
    Meldet sie sich bei { $starts } Starts nicht an der Sammelstelle, oder { $minutes } Minuten lang nicht, kommt die bisherige Version zurück.
agent-update-taken-back = Version { $version } hat sich nicht angemeldet; die bisherige Version ist wieder eingesetzt.
agent-help-update = Neuere Versionen dieses Programms
agent-help-update-check = Sagt, ob eine Aktualisierung angenommen würde; ändert nichts
agent-help-update-check-file = Die Aktualisierung (.kataster-update)
agent-help-update-apply = Setzt eine Aktualisierung ein; die bisherige Version wird aufbewahrt
agent-help-update-apply-file = Die Aktualisierung (.kataster-update)
agent-help-update-guard = Zählt vor jedem Start die Versuche einer neuen Version; ruft der Dienst selbst auf
agent-failed-update-content = Das Programm in der Aktualisierung ist nicht das, das signiert wurde; es wurde nichts geändert.
agent-failed-update-content-why = Die Datei wurde verändert oder ist unvollständig.
agent-failed-update-content-remedy = Holen Sie die Datei noch einmal vom Herausgeber.
agent-failed-update-form = { $subject } ist keine Aktualisierung, die dieses Programm lesen kann; es wurde nichts geändert.
agent-failed-update-form-why = Die Datei ist etwas anderes, unvollständig oder für eine neuere Form geschrieben.
agent-failed-update-form-remedy = Holen Sie die Datei noch einmal; verlangt sie eine neuere Form, ersetzen Sie das Programm von Hand.
agent-failed-update-guard = { $subject } ist nicht die aufbewahrte Version eines Programms.
agent-failed-update-guard-remedy = Rufen Sie „update guard“ nur als <Programm>.previous auf, wie in updates.md beschrieben.
agent-failed-update-keys = Es sind nicht genug Schlüssel eingetragen, um Aktualisierungen zu prüfen; es wurde nichts geändert.
agent-failed-update-keys-remedy = Tragen Sie die öffentlichen Schlüssel des Herausgebers in die Konfiguration ein (Abschnitt [update], keys und threshold) und nennen Sie sie mit --config.
agent-failed-update-not-newer = Die Aktualisierung ist nicht neuer als die laufende Version; es wurde nichts geändert.
agent-failed-update-not-newer-remedy = Eine ältere Version setzen Sie von Hand ein.
agent-failed-update-on-trial = Die vorige Aktualisierung hat sich noch nicht angemeldet; es wurde nichts geändert.
agent-failed-update-on-trial-remedy = Starten Sie den Dienst und warten Sie, bis er sich angemeldet hat (kataster-agent status).
agent-failed-update-other-machine = Die Aktualisierung ist nicht für dieses Programm oder diesen Rechner; es wurde nichts geändert.
agent-failed-update-other-machine-remedy = Nehmen Sie die Datei für dieses Betriebssystem, diesen Prozessor und diese C-Bibliothek.
agent-failed-update-packaged = Das Programm gehört einer Paketverwaltung; es wurde nichts geändert.
agent-failed-update-packaged-remedy = Aktualisieren Sie mit der Paketverwaltung.
agent-failed-update-place = Das Programm kann von hier aus nicht ersetzt werden; es wurde nichts geändert.
agent-failed-update-place-why = Programm und Ordner müssen dem Konto gehören, das sie ersetzt, und sonst darf niemand darin schreiben.
agent-failed-update-place-remedy = Legen Sie eine Kopie nach /var/lib/kataster-agent/program, wie in updates.md beschrieben.
agent-failed-update-read = { $subject } kann nicht gelesen werden; es wurde nichts geändert.
agent-failed-update-read-remedy = Prüfen Sie Pfad und Rechte; Verweise, Geräte und Ordner werden nicht gelesen.
agent-failed-update-record = Was über frühere Aktualisierungen aufbewahrt ist, kann nicht gelesen werden; es wurde nichts geändert.
agent-failed-update-record-remedy = Sehen Sie update.json im Ordner des Agenten an; ohne diese Datei gilt keine Version mehr als zurückgenommen.
agent-failed-update-signatures = Die Aktualisierung ist nicht ausreichend signiert; es wurde nichts geändert.
agent-failed-update-signatures-why = Sie stammt von jemand anderem, wurde verändert, oder es fehlen Signaturen.
agent-failed-update-signatures-remedy = Holen Sie die Datei vom Herausgeber; vergleichen Sie seine Schlüssel mit den eingetragenen.
agent-failed-update-step = Die Aktualisierung wurde nicht eingesetzt; das bisherige Programm ist an seinem Platz.
agent-failed-update-step-remedy = Beheben Sie die Ursache und versuchen Sie es noch einmal.
agent-failed-update-taken-back = Diese Version war hier schon und konnte sich nicht anmelden; es wurde nichts geändert.
agent-failed-update-taken-back-remedy = Nehmen Sie eine neuere Version.
agent-failed-update-time = Die Aktualisierung gilt jetzt nicht; es wurde nichts geändert.
agent-failed-update-time-why = Sie ist abgelaufen, oder die Uhr dieses Rechners geht falsch.
agent-failed-update-time-remedy = Prüfen Sie die Uhr; geht sie richtig, holen Sie eine neuere Aktualisierung.
