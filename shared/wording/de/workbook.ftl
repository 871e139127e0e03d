# Words of the workbook.

## Wörter in Zellen
workbook-yes = ja
workbook-no = nein
workbook-check = prüfen
workbook-unknown = unbekannt
workbook-not-assessed = nicht bewertet
workbook-no-data = keine Daten
workbook-nothing = keine
workbook-reason-no-source = Keine Quelle hat dazu etwas gemeldet.

## Auswahllisten
workbook-kind-server = Server
workbook-kind-client = Arbeitsplatz
workbook-kind-laptop = Notebook
workbook-kind-network-device = Netzkomponente
workbook-kind-printer = Drucker
workbook-kind-telephone = Telefon
workbook-kind-mobile-device = Mobilgerät
workbook-kind-storage = Speicher
workbook-kind-control = Steuerung
workbook-classification-public = offen
workbook-classification-internal = intern
workbook-classification-confidential = vertraulich
workbook-classification-strictly-confidential = streng vertraulich
workbook-lifecycle-operating = in Betrieb
workbook-lifecycle-retired = stillgelegt
workbook-need-normal = normal
workbook-need-high = hoch
workbook-need-very-high = sehr hoch
workbook-personal-data-special = besondere Kategorien (Art. 9 DSGVO)
workbook-review-noted = zur Kenntnis genommen
workbook-review-check = prüfen
workbook-review-confirmed = bestätigt
workbook-security-zone-public = öffentlich
workbook-security-zone-internal = intern
workbook-security-zone-secured = gesichert
workbook-security-zone-highly-secured = hochgesichert
workbook-column-source = Quelle
workbook-column-as-of = Stand

## Mappe
workbook-column-id = Kennung
workbook-lists = Listen
workbook-draft = Entwurf
workbook-export = Export Nr. { $number }
workbook-page = Seite
workbook-company-open = Unternehmen nicht angegeben
workbook-classification-proposed = intern (Vorschlag)
workbook-subtitle-as-of =
    Stand { $at } · { $rows } { $rows ->
        [one] Zeile
       *[other] Zeilen
    }
workbook-origin-agent = Agent
workbook-origin-scan = Netzscan
workbook-origin-by-hand = von Hand
workbook-origin-computed = berechnet
workbook-origin-key = Schlüssel
workbook-trust-inferred = geschlossen
workbook-trust-imported = importiert
workbook-trust-measured = von außen gemessen
workbook-trust-confirmed = auf dem Gerät gelesen
workbook-trust-stated = von Hand angegeben

## Deckblatt
workbook-cover = Deckblatt
workbook-cover-subtitle = Dokumentenlenkung, Kennzahlen, Inhalt und Legende
workbook-cover-title = IT-Dokumentation
workbook-cover-lead = Bestandsverzeichnis für das ISMS
workbook-cover-field = Angabe
workbook-cover-value = Wert
workbook-cover-control = Dokumentenlenkung
workbook-cover-version = Version
workbook-cover-version-text = Export Nr. { $number } · Entwurf, nicht freigegeben
workbook-cover-as-of = Stand der Daten
workbook-cover-first = erster Export
workbook-cover-previous = voriger Export: { $at }
workbook-cover-created-by = Erstellt durch
workbook-cover-events = Protokollkette
workbook-cover-no-events = noch keine Einträge
workbook-cover-events-text = { $count } Einträge, jüngster Prüfwert (SHA-256): { $head }
workbook-cover-data = Bewertungsdaten
workbook-cover-data-none = Supportenden und Schwachstellen: keine Daten eingespielt
workbook-cover-company = Unternehmen
workbook-cover-scope = Geltungsbereich
workbook-cover-classification = Klassifizierung
workbook-cover-officer = Informationssicherheit
workbook-cover-reviewed-by = Geprüft durch, am
workbook-cover-released-by = Freigegeben durch, am
workbook-cover-next-review = Nächste Prüfung
workbook-cover-distribution = Verteiler
workbook-cover-glance = Auf einen Blick
workbook-cover-contents = Inhalt
workbook-cover-rules =
    { $count ->
        [one] Regel
       *[other] Regeln
    } { $rules }
workbook-cover-rows =
    { $count ->
        [one] 1 Zeile
       *[other] { $count } Zeilen
    }
workbook-cover-no-rows = keine Einträge
workbook-cover-how = So wird die Mappe benutzt
workbook-cover-how-by-hand = Gelbe Felder dürfen in Excel oder LibreOffice geändert werden. Leer heißt: noch nicht angegeben. Rot heißt: Pflichtangabe fehlt.
workbook-cover-how-agent = Von einem Agenten auf dem Gerät selbst gelesen. Quelle und Zeitpunkt stehen als Notiz an der Zelle oder in den letzten Spalten der Zeile.
workbook-cover-how-scan = Über das Netz gemessen. Ohne Netzscan steht hier „keine Daten“.
workbook-cover-how-computed = Vom Kataster berechnet, aus den Angaben der Agenten und des Registers.
workbook-cover-how-key = Kennungen bleiben über alle Exporte gleich; bitte nicht ändern. Zeile 4 jedes Blatts ist ausgeblendet und hält die Spaltenschlüssel.
workbook-cover-how-words = „unbekannt“: gesucht und nicht gefunden oder nicht lesbar, der Grund steht in der Notiz. „keine Daten“: es gibt noch keine Quelle. „nicht bewertet“: ein Mensch muss noch entscheiden. „keine“: nachgesehen, es gibt nichts.
workbook-cover-how-draft = Diese Mappe ist ein Entwurf: Sie wurde von keiner befugten Person freigegeben.
workbook-cover-licences = Rechte Dritter
workbook-cover-licences-text = Kataster steht unter der Apache-Lizenz 2.0. Der Netzplan verwendet die Schrift Liberation Sans (Digitized data © 2010 Google Corporation, © 2012 Red Hat, Inc., SIL Open Font License 1.1). Alle Bibliotheken mit ihren Lizenzen nennt: kataster --version --licences.
workbook-tile-devices = IT-Systeme im Bestand
workbook-tile-coverage = Systeme vollständig gelesen
workbook-tile-of = { $count } von { $total }
workbook-tile-unsupported = Systeme ohne Support
workbook-tile-risks = Risiken ≥ hoch
workbook-tile-unknown = unbekannte Gegenstellen
workbook-tile-licences = Lizenz-Unterdeckungen

## Dokumentenlenkung
workbook-document-control = Dokumentenlenkung
workbook-document-control-subtitle = Versionen, Anlass, Prüfung und Freigabe
workbook-document-version = Version
workbook-document-version-text = Entwurf { $number }
workbook-document-date = Datum
workbook-document-author = Bearbeitet von
workbook-document-reason = Anlass
workbook-document-reason-text = Export Nr. { $number } aus dem Kataster
workbook-document-section = Abschnitt
workbook-document-section-all = alle Blätter
workbook-document-reviewed = Geprüft durch, am
workbook-document-released = Freigegeben durch, am

## Netzplan
workbook-plan = Netzplan
workbook-plan-subtitle = Zonen, Netze und Systeme mit den beobachteten Verbindungen; die Tabelle unter dem Bild nennt jedes Kästchen
workbook-plan-empty = Noch kein System erfasst und keine Zone angegeben: Es gibt nichts zu zeichnen.
workbook-plan-about = Stand { $at } · Entwurf · Export Nr. { $number }
workbook-plan-outside = Extern
workbook-plan-outside-about = außerhalb aller eigenen Netze
workbook-plan-internet = Internet
workbook-plan-no-peers = keine Verbindung beobachtet
workbook-plan-peers =
    { $count } { $count ->
        [one] Gegenstelle
       *[other] Gegenstellen
    } beobachtet
workbook-plan-unlisted = im Register keiner Zone zugeordnet
workbook-plan-nowhere = Ohne zuordenbares Netz
workbook-plan-nowhere-about = keine Adresse in einem bekannten Netz
workbook-plan-ot = Produktionsanlage (OT)
workbook-plan-gateway = Gateway
workbook-plan-gateway-about = nicht im Bestand
workbook-plan-more = … und { $count } weitere Systeme
workbook-plan-more-about = siehe Blatt IT-Systeme
workbook-plan-addresses =
    { $count } { $count ->
        [one] unbekannte Adresse
       *[other] unbekannte Adressen
    }
workbook-plan-addresses-about = als Gegenstelle beobachtet, kein Agent
workbook-plan-system-unknown = Betriebssystem unbekannt
workbook-plan-no-address = keine Adresse bekannt
workbook-plan-no-systems = keine Systeme erfasst
workbook-plan-legend = Legende
workbook-plan-legend-zone = Zone des Registers
workbook-plan-legend-unlisted = Netz ohne Zone
workbook-plan-legend-system = System im Bestand
workbook-plan-legend-unknown = beobachtet, nicht im Bestand
workbook-plan-legend-lines = Dicke Linie: Übergang über ein Gateway, das Systeme nennen oder ein Scan fand; gestrichelt: kein Gateway beobachtet. Dünne Linie mit Diensten: beobachtete Verbindung; rot: nach außen; dunkel mit Namen: Weg durch einen Router, dem ein Scan folgte.
workbook-plan-legend-need = Schutzbedarf und Kritikalität (K1–K5): nicht bewertet. Verbindungen innerhalb eines Netzes: Blatt Kommunikation.
workbook-plan-sources =
    Quelle: { $agents ->
        [0] kein Agent
        [one] Agent auf einem System
       *[other] Agenten auf { $agents } Systemen
    }, { $scans ->
        [0] kein Netzscan
        [one] ein Netzscan
       *[other] { $scans } Netzscans
    } und das Register; keine Switch-Tabellen.
workbook-plan-left-out = { $count } weitere Verbindungen zwischen Netzen sind nicht gezeichnet.
workbook-plan-kind = Art
workbook-plan-kind-outside = extern
workbook-plan-kind-gateway = Übergang
workbook-plan-kind-system = IT-System
workbook-plan-kind-addresses = unbekannte Adressen
workbook-plan-kind-more = zusammengefasst
workbook-plan-node = Beschriftung
workbook-plan-node-about = Angaben
workbook-plan-frame = Rahmen (Zone, Netz)

## Änderungen
workbook-changes = Änderungen
workbook-changes-subtitle = Was sich seit dem vorigen Export geändert hat
workbook-changes-empty = Keine Änderungen.
workbook-changes-first = Erster Export: Es gibt noch keinen Vergleichsstand, alles gilt als neu.
workbook-changes-since = Verglichen mit dem Export vom { $at }.
workbook-changes-volatile = Flüchtige Werte (Verbindungen, Nachbarn, freier Platz, Laufzeit) sind nicht enthalten.
workbook-change-at = Zeitpunkt
workbook-change-kind = Art
workbook-change-object = Objekt
workbook-change-field = Feld
workbook-change-before = vorher
workbook-change-after = jetzt
workbook-change-review = Prüfung
workbook-change-added = neu
workbook-change-removed = entfallen
workbook-change-changed = geändert
workbook-change-stated = von Hand

## Nachverfolgbarkeit
workbook-traceability = Nachverfolgbarkeit
workbook-traceability-subtitle = Zehn Regeln der Dokumentation, die Blätter, die ihnen dienen, und die Belege darin
workbook-rule-number = Regel
workbook-rule-text = Worum es geht
workbook-rule-sheets = Blätter
workbook-rule-evidence = Belegzeilen
workbook-rule-status = Stand
workbook-rule-open = Was fehlt
workbook-rule-remark = Bemerkung
workbook-rule-partly = teilweise belegt
workbook-rule-no-sheet = noch kein Blatt
workbook-rule-standards = Die Zuordnung zu Normen (ISO 27001, BSI IT-Grundschutz, NIS 2) fehlt, bis sie geprüft ist.
workbook-rule-1 = Überblick: Begriffe und Aufbau sind erklärt.
workbook-rule-1-open = Begriffe stehen auf dem Deckblatt; ein ausführliches Verzeichnis fehlt.
workbook-rule-2 = Ausgangslage: Der Ist-Zustand ist untersucht.
workbook-rule-2-open = Datenqualität ist gezählt; die Antworten zum CyberRisikoCheck gibt ein Mensch.
workbook-rule-3 = Bestand: Werte, Systeme, Netze und Verbindungen sind dokumentiert.
workbook-rule-3-open = Geräte ohne Agent fehlen, bis Netze gescannt werden.
workbook-rule-4 = Rahmenwerk: Es ist gewählt, nach welchem Standard gearbeitet wird.
workbook-rule-4-open = Die Wahl steht im Register; die Liste der Lücken je Rahmenwerk fehlt.
workbook-rule-5 = Risiken: Schutzbedarf und Risiken sind bewertet und behandelt.
workbook-rule-5-open = Schutzbedarf, Risiken und Maßnahmen sind nicht bewertet.
workbook-rule-6 = Ziele: Ziele und Kennzahlen sind von der Leitung bestätigt.
workbook-rule-6-open = Kennzahlen, die eine Bewertung voraussetzen, sind nicht bewertet; die Freigabe durch die Leitung steht auf dem Deckblatt.
workbook-rule-7 = Menschen: Rollen und Zuständigkeiten sind vergeben.
workbook-rule-7-open = Nachweise über Schulungen werden von Hand geführt.
workbook-rule-8 = Maßnahmen: Richtlinien und Maßnahmen werden umgesetzt.
workbook-rule-8-open = Der Realisierungsplan fehlt.
workbook-rule-9 = Kreislauf: Planen, Umsetzen, Prüfen, Verbessern ist belegt.
workbook-rule-9-open = Änderungen sind belegt; die Prüfung der Wirksamkeit von Maßnahmen fehlt.
workbook-rule-10 = Lenkung: Dokumente und Änderungen sind nachvollziehbar.
workbook-rule-10-open = Prüfung und Freigabe dieses Entwurfs stehen aus.

## Datenqualität
workbook-quality = Datenqualität
workbook-quality-subtitle = Was im Bestand fehlt oder zweifelhaft ist, gezählt, mit Namen und nächstem Schritt
workbook-quality-no-scan = Es wurde kein Netz gescannt: Geräte, mit denen kein System gesprochen hat, kennt dieser Bestand nicht.
workbook-quality-id = Prüfung (Kennung)
workbook-quality-check = Prüfung
workbook-quality-count = betroffen
workbook-quality-total = geprüft
workbook-quality-affected = Namen
workbook-quality-remedy = Nächster Schritt
workbook-quality-later = Wird mit einem späteren Arbeitsschritt bewertet.
workbook-quality-without-owner = System ohne Verantwortliche
workbook-quality-without-owner-remedy = Im Register eine Regel [[owner_rule]] ergänzen.
workbook-quality-without-room = System ohne Raum
workbook-quality-without-room-remedy = Im Register eine Regel [[location_rule]] ergänzen.
workbook-quality-without-zone = System in keiner Zone
workbook-quality-without-zone-remedy = Im Register das Netz einer [[zone]] zuordnen.
workbook-quality-without-kind = Art des Systems unbekannt
workbook-quality-without-kind-remedy = Agenten mit Systemrechten ausführen, damit das Gehäuse gelesen werden kann.
workbook-quality-silent = System seit über 30 Tagen nicht gesehen
workbook-quality-silent-remedy = Prüfen, ob das System noch in Betrieb ist.
workbook-quality-not-allowed = System, auf dem der Agent nicht alles lesen durfte
workbook-quality-not-allowed-remedy = Agenten als Dienst mit den nötigen Rechten einrichten.
workbook-quality-failed = System mit fehlgeschlagener Quelle
workbook-quality-failed-remedy = Auf dem System ausführen: kataster-agent once --print -o table
workbook-quality-agents = Agent wartet auf eine Entscheidung
workbook-quality-agents-remedy = kataster agent list, dann approve oder revoke
workbook-quality-no-report = Agent angemeldet, noch kein Bericht
workbook-quality-no-report-remedy = Auf dem System prüfen, ob der Agent läuft.
workbook-quality-clock = Uhr weicht um mehr als 5 Minuten ab
workbook-quality-clock-remedy = Zeitabgleich (NTP) auf dem System einrichten.
workbook-quality-serials = Seriennummer mehrfach vorhanden
workbook-quality-serials-remedy = kataster asset conflicts: zusammenführen oder trennen
workbook-quality-conflicts = Zuordnung zweifelhaft
workbook-quality-conflicts-remedy = kataster asset conflicts: zusammenführen oder trennen
workbook-quality-addresses = Gegenstelle ohne Eintrag im Bestand
workbook-quality-addresses-remedy = Agenten installieren oder das Gerät von Hand erfassen.
workbook-quality-need = Prozess oder Information ohne Schutzbedarf
workbook-quality-need-remedy = Im Register Vertraulichkeit, Integrität und Verfügbarkeit angeben.
workbook-quality-dependencies = Abhängigkeit nicht bestätigt
workbook-quality-support = Supportende unbekannt
workbook-quality-networks = Netz nie gescannt
workbook-vantage-collector = Sammelstelle
workbook-plan-seen-only = nur gesehen, nicht kontaktiert
workbook-plan-kind-seen = System, nur gesehen
workbook-kind-router = Router
workbook-kind-switch = Switch
workbook-kind-firewall = Firewall
workbook-kind-access-point = WLAN-Zugangspunkt
workbook-kind-hypervisor = Virtualisierungshost
workbook-kind-camera = Kamera
workbook-kind-power-supply = USV
