# Wörter der Befehlszeile von kataster.


## Help
command-help = Kataster führt das Register der Unternehmens-IT.
command-help-usage = Aufruf:
command-help-commands = Befehle
command-help-command = BEFEHL
command-help-options = Optionen
command-help-arguments = Angaben
command-help-after = Ergebnis: 0 erledigt, 1 gescheitert, 2 falscher Aufruf, 3 teilweise, 4 abgelehnt, 5 nicht erreichbar, 6 nichts gefunden, 7 Konflikt oder gesperrt, 130 abgebrochen.
command-help--data-dir = Datenordner des Unternehmens (root: /var/lib/kataster)
command-help--config = Konfigurationsdatei (TOML)
command-help--lang = Sprache von Ausgabe und Arbeitsmappe
command-help--help = Diese Hilfe
command-help--licences = Bibliotheken und ihre Lizenzen
command-help--version = Version
command-help--output = Form der Ausgabe
command-help--out = Datei, die geschrieben wird
command-help--passphrase-file = Datei mit dem Kennwort für den privaten Schlüssel der Zertifizierungsstelle
command-help--asset = Kürzel (S-7K2QD) oder ID des Assets
command-help--agent = ID des Agenten
command-help--token = ID des Anmeldeschlüssels
command-help--file = Datei
command-help--left = Kürzel oder ID des einen Assets
command-help--right = Kürzel oder ID des anderen Assets
command-help--register = Register (TOML), das zuerst eingelesen wird
command-help--kind = Ob die Rechner Server oder Arbeitsplätze sind; nur Server melden Verbindungen
command-help--uses = Wie viele Rechner ihn benutzen dürfen
command-help--valid = Wie lange er gilt: 30m, 24h, 7d
command-help--label = Wozu er dient
command-help--approve = Neue Agenten warten auf die Freigabe durch eine Person
command-help--evidence = Zeigt auch die rohen Fakten hinter den Werten
command-help--without-key = Stellt ohne den privaten Schlüssel wieder her: alle Agenten melden sich neu an
command-help-quick = Vom Nichts zur Arbeitsmappe dieses Rechners
command-help-serve = Betreibt die Sammelstelle, bis sie beendet wird
command-help-agent = Agenten und Anmeldeschlüssel
command-help-agent-list = Zeigt alle Agenten
command-help-agent-approve = Gibt einen wartenden Agenten frei
command-help-agent-revoke = Sperrt einen Agenten sofort
command-help-agent-token = Anmeldeschlüssel
command-help-agent-token-create = Erstellt einen Anmeldeschlüssel; er wird nur einmal gezeigt
command-help-agent-token-list = Zeigt alle Anmeldeschlüssel
command-help-agent-token-revoke = Macht einen Anmeldeschlüssel ungültig
command-help-asset = Assets
command-help-asset-list = Zeigt alle Assets
command-help-asset-show = Zeigt ein Asset mit der Quelle jedes Wertes
command-help-asset-history = Zeigt, was sich an einem Asset geändert hat
command-help-asset-conflicts = Zeigt Agenten, die dasselbe Asset meinen könnten
command-help-asset-merge = Macht aus zwei Assets eines
command-help-asset-split = Löst einen Agenten aus einem Asset
command-help-register = Was Menschen angeben
command-help-register-import = Liest register.toml ein
command-help-register-export = Gibt das Register als TOML aus
command-help-export = Ausgaben
command-help-export-workbook = Schreibt die ISMS-Arbeitsmappe und den Netzplan
command-help-backup = Sicherung und Wiederherstellung
command-help-backup-create = Schreibt eine geprüfte Sicherung
command-help-backup-restore = Stellt eine Sicherung in einem leeren Datenordner wieder her
command-help-audit = Protokoll
command-help-audit-verify = Prüft die Kette des Protokolls

## Quick
command-quick-starting = Sammelstelle wird auf Loopback gestartet …
command-quick-enrolling = Agent dieses Rechners wird angemeldet …
command-quick-observing = Dieser Rechner wird aufgenommen …
command-quick-reconciling = Meldungen werden zusammengeführt …
command-quick-writing = Arbeitsmappe wird geschrieben …
command-total-assets = Assets
command-total-software = Pakete
command-total-services = Dienste
command-total-ports = Wartende Ports
command-total-partners = Kommunikationspartner
command-total-certificates = Zertifikate
command-total-accounts = Konten
command-nothing-missing = Alles, was angesehen wurde, war lesbar.
command-more-as-root = Mit Administratorrechten (root) aufgerufen, sieht Kataster auch das.
command-reason-not-here = nicht vorhanden
command-reason-not-allowed = nicht lesbar; braucht {$needs}
command-reason-failed = fehlgeschlagen
command-reason-timed-out = keine Antwort
command-reason-not-looked-at = nicht angesehen: {$why}

## Columns
command-column-token = Anmeldeschlüssel
command-column-label = Zweck
command-column-kind = Art
command-column-uses = Benutzt
command-column-expires = Gilt bis
command-column-state = Zustand
command-column-agent = Agent
command-column-host = Rechner
command-column-last-seen = Zuletzt gesehen
command-column-version = Version
command-column-asset = Kürzel
command-column-name = Name
command-column-system = Betriebssystem
command-column-addresses = Adressen
command-column-value = Wert
command-column-content = Inhalt
command-column-source = Quelle
command-column-observed = Beobachtet
command-column-change = Änderung
command-column-field = Feld
command-column-before = vorher
command-column-after = nachher
command-column-found = Gefunden
command-column-count = Anzahl
command-column-missing = Fehlt
command-column-reason = Grund
command-value-name = Name
command-value-manufacturer = Hersteller
command-value-product = Modell
command-value-serial = Seriennummer
command-value-system = Betriebssystem
command-value-address = Adresse
command-value-port = Port
command-value-software = Pakete
command-state-waiting = wartet auf Freigabe
command-state-approved = freigegeben
command-state-revoked = gesperrt
command-state-quarantined = in Quarantäne
command-state-token-open = offen
command-state-token-waits = offen, mit Freigabe
command-state-token-used-up = aufgebraucht
command-state-token-revoked = widerrufen
command-kind-server = Server
command-kind-client = Arbeitsplatz
command-change-added = neu
command-change-removed = weg
command-change-changed = geändert
command-change-stated = von Hand
command-never = noch nie
command-first-seen = {$object} wurde zuerst am {$at} beobachtet.
command-no-conflicts = Es gibt nichts zu entscheiden.
command-written = {$assets ->
    [one] ein Asset
   *[other] {$assets} Assets
}, {$software ->
    [one] ein Paket
   *[other] {$software} Pakete
}
command-written-to = {$object} wurde geschrieben; nur Sie können die Datei lesen.
command-chain-whole = Die Kette ist lückenlos: {$events ->
    [one] ein Ereignis
   *[other] {$events} Ereignisse
}, davon {$forgotten} mit vergessenen Werten.

## Done
command-done-token-revoked = Der Anmeldeschlüssel {$object} ist ungültig.
command-done-agent-approved = Der Agent {$object} ist freigegeben.
command-done-agent-revoked = Der Agent {$object} ist gesperrt.
command-done-assets-merged = {$object} sind jetzt ein Asset.
command-done-asset-split = Der Agent gehört nicht mehr zu {$object}.
command-done-register-imported = Register übernommen: {$count ->
    [0] keine Änderung
    [one] eine Änderung
   *[other] {$count} Änderungen
}.
command-done-backup-created = Die Sicherung {$object} ist geschrieben und geprüft.
command-done-backup-created-without-key = Die Sicherung {$object} ist geschrieben und geprüft. Sie enthält keinen privaten Schlüssel: ohne ihn melden sich nach einer Wiederherstellung alle Agenten neu an (--passphrase-file nimmt ihn verschlüsselt auf).
command-done-restored = Wiederhergestellt und geprüft: {$object}.

## Failures: what happened, why that is likely, what to do
command-failure-internal = Ein innerer Fehler ist aufgetreten. {$object}
command-failure-internal-why = Das ist ein Fehler von Kataster; gespeicherte Daten sind unberührt.
command-failure-internal-next = Wiederholen Sie den Befehl und melden Sie den Fehler mit dieser Ausgabe.
command-failure-disk-full = Der Datenträger ist voll; es wurde nichts geändert.
command-failure-disk-full-why = Datenbank und Protokoll brauchen Platz zum Schreiben.
command-failure-disk-full-next = Schaffen Sie Platz und wiederholen Sie den Befehl.
command-failure-newer-schema = Die Datenbank stammt von einer neueren Version.
command-failure-newer-schema-why = Sie wurde zuvor mit einem neueren Kataster geöffnet.
command-failure-newer-schema-next = Installieren Sie die neuere Version, oder stellen Sie die Sicherung von vor dem Wechsel wieder her.
command-failure-damaged = Gespeicherte Daten sind beschädigt.
command-failure-damaged-why = Der Datenträger hat einen Fehler, oder die Datei wurde von außen geändert.
command-failure-damaged-next = Stellen Sie die neueste gute Sicherung wieder her: kataster backup restore.
command-failure-store = Die Datenbank hat versagt.
command-failure-store-why = Die Datei ist keine Datenbank von Kataster, oder das System verweigert den Zugriff.
command-failure-store-next = Prüfen Sie Rechte und Platz im Datenordner.
command-failure-locked = Der Datenordner {$object} ist gesperrt.
command-failure-locked-why = Ein anderer Befehl arbeitet gerade darin, oder eine Sammelstelle startet oder endet.
command-failure-locked-next = Warten Sie einen Augenblick und wiederholen Sie den Befehl.
command-failure-open-to-others = {$object} ist für andere offen.
command-failure-open-to-others-why = Der Ordner enthält den Schlüssel der Zertifizierungsstelle und das ganze Inventar.
command-failure-open-to-others-next = Schließen Sie ihn: chmod 700 {$object}
command-failure-data-folder = Der Datenordner {$object} kann nicht benutzt werden.
command-failure-data-folder-why = Er fehlt, gehört jemand anderem, oder Dateien darin sind beschädigt.
command-failure-data-folder-next = Prüfen Sie den Pfad und die Rechte, oder nennen Sie einen anderen Ordner: --data-dir.
command-failure-token = Der Anmeldeschlüssel kann nicht erstellt werden.
command-failure-token-why = Der Name der Sammelstelle oder die Dauer ist ungültig.
command-failure-token-next = Prüfen Sie names in der Konfiguration und --valid.
command-failure-no-token = Es gibt keinen Anmeldeschlüssel {$object}.
command-failure-no-token-why = Die ID ist vertippt oder gehört zu einem anderen Datenordner.
command-failure-no-token-next = kataster agent token list zeigt alle.
command-failure-no-agent = Es gibt keinen Agenten {$object}.
command-failure-no-agent-why = Die ID ist vertippt oder gehört zu einem anderen Datenordner.
command-failure-no-agent-next = kataster agent list zeigt alle.
command-failure-output = {$object} kann nicht geschrieben werden.
command-failure-output-why = Der Ordner fehlt, ist schreibgeschützt, oder die Datei ist in einem anderen Programm geöffnet.
command-failure-output-next = Nennen Sie mit --out einen Ort, an dem Sie schreiben dürfen.
command-failure-backup = Die Sicherung {$object} wurde nicht geschrieben.
command-failure-backup-why = Die Datei gibt es schon, oder der Ort kann nicht beschrieben werden.
command-failure-backup-next = Nennen Sie eine neue Datei an einem Ort mit genug Platz.
command-failure-same-asset = Beide Namen meinen dasselbe Asset {$object}.
command-failure-same-asset-why = Die Assets wurden schon zusammengeführt.
command-failure-same-asset-next = kataster asset list zeigt alle.
command-failure-not-a-member = Der Agent {$object} kann nicht aus diesem Asset gelöst werden.
command-failure-not-a-member-why = Er gehört nicht dazu, oder er ist der einzige.
command-failure-not-a-member-next = kataster asset show zeigt, wer dazugehört.
command-failure-no-asset = Es gibt kein Asset {$object}.
command-failure-no-asset-why = Der Name ist vertippt, oder es kam noch keine Meldung an.
command-failure-no-asset-next = kataster asset list zeigt alle.
command-failure-register = {$object} wurde nicht übernommen; das Register ist unverändert.
command-failure-register-why = Die Datei enthält Angaben, die es nicht gibt oder die sich widersprechen.
command-failure-register-next = Berichtigen Sie die genannten Zeilen und wiederholen Sie den Befehl.
command-failure-listen = Auf {$object} kann nicht gelauscht werden.
command-failure-listen-why = Ein anderes Programm benutzt den Port, oder die Adresse gehört nicht zu diesem Rechner.
command-failure-listen-next = Nennen Sie in der Konfiguration andere Adressen: agents, enrolment.
command-failure-server-names = Unter diesen Namen kann die Sammelstelle kein Zertifikat haben: {$object}
command-failure-server-names-why = Ein Name ist weder ein Rechnername noch eine Adresse.
command-failure-server-names-next = Berichtigen Sie names in der Konfiguration.
command-failure-quick-agent = Der Agent dieses Rechners konnte nicht melden.
command-failure-quick-agent-why = Loopback ist nicht verfügbar, oder der Datenordner ist nicht beschreibbar.
command-failure-quick-agent-next = kataster-agent once --print zeigt, was der Agent ohne Sammelstelle sieht.
command-failure-config = Die Konfiguration {$object} kann nicht benutzt werden.
command-failure-config-why = Sie fehlt oder enthält eine Angabe, die es nicht gibt.
command-failure-config-next = Berichtigen Sie die genannte Zeile.
command-failure-no-data-dir = Es ist kein Datenordner bekannt.
command-failure-no-data-dir-why = Weder HOME noch XDG_STATE_HOME ist gesetzt.
command-failure-no-data-dir-next = Nennen Sie einen: --data-dir.
command-failure-path = {$object} ist kein brauchbarer Pfad.
command-failure-path-why = Er ist leer, oder der aktuelle Ordner wurde gelöscht.
command-failure-path-next = Nennen Sie einen absoluten Pfad.
command-failure-read = {$object} kann nicht gelesen werden.
command-failure-read-why = Die Datei fehlt, ist gesperrt oder kein Text.
command-failure-read-next = Prüfen Sie Pfad und Rechte.
command-failure-control = Die laufende Sammelstelle in {$object} antwortet nicht.
command-failure-control-why = Sie wurde gerade beendet, oder der Ordner gehört jemand anderem.
command-failure-control-next = Rufen Sie den Befehl als Besitzer des Datenordners auf.
command-failure-interrupted = Abgebrochen; es wurde nichts geschrieben.
command-failure-interrupted-why = Sie haben Strg-C gedrückt.
command-failure-interrupted-next = Rufen Sie den Befehl erneut auf, wenn Sie so weit sind.
command-failure-passphrase = Das Kennwort kann nicht benutzt werden.
command-failure-passphrase-why = Es ist leer oder zu kurz.
command-failure-passphrase-next = Schreiben Sie ein langes Kennwort in die Datei.
command-failure-restore = Die Sicherung {$object} wurde nicht wiederhergestellt; es wurde nichts geändert.
command-failure-restore-why = Sie ist beschädigt, das Kennwort passt nicht, oder der Datenordner ist nicht leer.
command-failure-restore-next = Nennen Sie mit --data-dir einen neuen Ordner und prüfen Sie die Datei.
command-failure-chain-broken = Die Kette des Protokolls ist bei Ereignis {$object} gebrochen.
command-failure-chain-broken-why = Ein Ereignis wurde entfernt oder außerhalb von Kataster geändert.
command-failure-chain-broken-next = Bewahren Sie die Datei als Beweis auf und stellen Sie die neueste gute Sicherung wieder her.
